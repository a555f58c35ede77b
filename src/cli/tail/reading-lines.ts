// `tail` for people: one line a reading, in columns that grow with what they have to show and never
// cut anything off.

import { Quality } from '../../core/reading.ts';
import type { Gap } from '../../generated/millpond/v1/offsets.ts';
import type { Reading } from '../../generated/millpond/v1/reading.ts';
import { printable } from '../../observability/printable.ts';
import { localTime } from '../time-text.ts';

/** Longer texts stand out of their column instead of pushing all others to the right for ever. */
const widthMax = 32;

interface Cells {
  readonly time: string;
  readonly offset: string;
  readonly device: string;
  readonly channel: string;
  readonly metric: string;
  readonly value: string;
  readonly rest: string;
}

const aligned = ['offset', 'device', 'channel', 'metric', 'value'] as const;

export class ReadingLines {
  // Usual widths to begin with; the channel's column is there once there is a channel.
  readonly #widths = { offset: 6, device: 12, channel: 0, metric: 11, value: 8 };

  /** Lines without line ends, aligned with one another and as far as may be with those before. */
  format(readings: readonly Reading[]): string[] {
    const rows = readings.map(cellsOf);
    for (const row of rows) {
      for (const name of aligned) {
        const width = Math.min(widthMax, lengthOf(row[name]));
        if (width > this.#widths[name]) this.#widths[name] = width;
      }
    }
    return rows.map((row) => this.#line(row));
  }

  #line({ time, offset, device, channel, metric, value, rest }: Cells): string {
    const widths = this.#widths;
    const columns = [
      time,
      padStart(offset, widths.offset),
      padEnd(device, widths.device),
      ...(widths.channel > 0 ? [padEnd(channel, widths.channel)] : []),
      padEnd(metric, widths.metric),
      padStart(value, widths.value),
    ];
    return `${columns.join('  ')} ${rest}`.trimEnd();
  }
}

export function gapLine({ firstOffset, nextOffset, reason }: Gap): string {
  const count = nextOffset - firstOffset;
  const which =
    count === 1n ? `offset ${firstOffset} is` : `offsets ${firstOffset} to ${nextOffset - 1n} are`;
  const many = count === 1n ? '1 reading' : `${count} readings`;
  return `-- gap: ${which} gone and will not come: ${many}, ${printable(reason)} --`;
}

function cellsOf(reading: Reading): Cells {
  const notes = [printable(reading.unit), qualityNote(reading)];
  return {
    time: localTime(reading.measuredAtUs),
    offset: String(reading.offset),
    device: printable(reading.device),
    channel: printable(reading.channel),
    metric: printable(reading.metric),
    value: valueText(reading.value),
    rest: notes.filter((note) => note !== '').join('  '),
  };
}

function valueText(value: Reading['value']): string {
  if (value === undefined) return '-';
  if (value.$case === 'text') return printable(JSON.stringify(value.value));
  // Conversions leave digits that no sensor has: 21.499999999999996.
  return String(Number(value.value.toPrecision(12)));
}

function qualityNote({ quality, measuredAtUs, receivedAtUs }: Reading): string {
  if (quality === Quality.clockSuspect) {
    const isOwn = measuredAtUs !== receivedAtUs;
    return isOwn ? `(clock suspect, came ${localTime(receivedAtUs)})` : '(clock suspect)';
  }
  if (quality === Quality.retained) return '(retained)';
  if (quality === Quality.redelivered) return '(redelivered)';
  return '';
}

function lengthOf(text: string): number {
  // By characters and not by UTF-16 units: most of what is beyond the BMP takes one place.
  return /^[\u0020-\u007e]*$/.test(text) ? text.length : [...text].length;
}

function padEnd(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - lengthOf(text)));
}

function padStart(text: string, width: number): string {
  return ' '.repeat(Math.max(0, width - lengthOf(text))) + text;
}
