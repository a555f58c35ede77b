// `tail` for people: one line a reading, in columns that grow with what they have to show. On a
// terminal no line is wider than it; elsewhere nothing is cut off.

import { Quality } from '../../core/reading.ts';
import type { Gap } from '../../generated/millpond/v1/offsets.ts';
import type { Reading } from '../../generated/millpond/v1/reading.ts';
import { printable } from '../../observability/printable.ts';
import { counted } from '../amount-text.ts';
import { type Look, plainLook, type Tone } from '../terminal/look.ts';
import { cutText, padEnd, padStart, textWidth } from '../terminal/text-width.ts';
import { localTime } from '../time-text.ts';
import { ReadingColumns, type ReadingWidths } from './reading-columns.ts';

const GAP = '  ';
/** A time that is not shorter has its year. */
const YEAR_WIDTH = 23;
/** `2018-01-31 13:00`, and the date alone. */
const MINUTE_WIDTH = 16;
const DAY_WIDTH = 10;

interface Cells {
  readonly offset: string;
  readonly device: string;
  readonly channel: string;
  readonly metric: string;
  readonly value: string;
  readonly unit: string;
  readonly note: string;
}

const cellNames = ['offset', 'device', 'channel', 'metric', 'value', 'unit', 'note'] as const;

export class ReadingLines {
  readonly #look: Look;
  readonly #columns = new ReadingColumns();

  constructor(look: Look = plainLook) {
    this.#look = look;
  }

  /** Lines without line ends, aligned with one another and as far as may be with those before. */
  format(readings: readonly Reading[]): string[] {
    const rows = readings.map(cellsOf);
    for (const row of rows) {
      for (const name of cellNames) this.#columns.grow(name, textWidth(row[name]));
    }
    const widths = this.#columns.widths(this.#look.width);
    return rows.map((row, index) => this.#line(readings[index] as Reading, row, widths));
  }

  #line(reading: Reading, cells: Cells, widths: ReadingWidths): string {
    const look = this.#look;
    const isTerminal = Number.isFinite(look.width);
    const cut = (text: string, width: number): string => (isTerminal ? cutText(text, width) : text);
    const name = padEnd(cut(cells.device, widths.device), widths.device);
    const isText = reading.value?.$case === 'text';
    const value = isText ? cut(cells.value, widths.value) : cells.value;
    const time = timeText(reading, widths.time);
    const tone = toneOf(reading);
    const columns = [
      look.paint(tone ?? 'faint', time),
      look.paint('faint', padStart(cells.offset, widths.offset)),
      look.paintName(reading.device, name),
      ...(widths.channel > 0 ? [padEnd(cut(cells.channel, widths.channel), widths.channel)] : []),
      padEnd(cut(cells.metric, widths.metric), widths.metric),
      look.paint('strong', padStart(value, widths.value)),
    ];
    const line = `${columns.join(GAP)} `;
    if (cells.note === '') return `${line}${cells.unit}`.trimEnd();
    const unit = isTerminal ? padEnd(cells.unit, widths.unit) : cells.unit;
    const before = `${line}${unit}${unit === '' ? '' : GAP}`;
    const room = look.width - textWidth(before);
    const arrival = arrivalNote(reading, widths.time);
    const note = arrival !== null && textWidth(arrival) <= room ? arrival : cells.note;
    return `${before}${look.paint(tone ?? 'faint', cutText(note, room))}`;
  }
}

export function gapLine({ firstOffset, nextOffset, reason }: Gap, look: Look = plainLook): string {
  const count = nextOffset - firstOffset;
  const which =
    count === 1n ? `offset ${firstOffset} is` : `offsets ${firstOffset} to ${nextOffset - 1n} are`;
  const many = counted(count, 'reading');
  const text = `-- gap: ${which} gone and will not come: ${many}, ${printable(reason)} --`;
  return look.paint('problem', text);
}

function cellsOf(reading: Reading): Cells {
  return {
    offset: String(reading.offset),
    device: printable(reading.device),
    channel: printable(reading.channel),
    metric: printable(reading.metric),
    value: valueText(reading.value),
    unit: printable(reading.unit),
    note: noteOf(reading),
  };
}

/** The time of measuring in so many columns: what is least missed goes first. */
function timeText({ measuredAtUs, receivedAtUs }: Reading, width: number): string {
  const whole = localTime(measuredAtUs);
  if (whole.length <= width) return padEnd(whole, width);
  // A date that is not of the year in which it came needs its year more than its clock.
  const isOfItsYear = whole.slice(0, 4) === localTime(receivedAtUs).slice(0, 4);
  if (width >= YEAR_WIDTH) return whole.slice(0, width);
  if (isOfItsYear) return whole.slice(5, 5 + width);
  return padEnd(whole.slice(0, width < MINUTE_WIDTH ? DAY_WIDTH : MINUTE_WIDTH), width);
}

function valueText(value: Reading['value']): string {
  if (value === undefined) return '-';
  if (value.$case === 'text') return printable(JSON.stringify(value.value));
  // Conversions leave digits that no sensor has: 21.499999999999996.
  return String(Number(value.value.toPrecision(12)));
}

function noteOf({ quality }: Reading): string {
  if (quality === Quality.clockSuspect) return '(clock suspect)';
  if (quality === Quality.retained) return '(retained)';
  if (quality === Quality.redelivered) return '(redelivered)';
  return '';
}

/** Instead of the note, where a device's clock is not to be trusted and there is room. */
function arrivalNote(reading: Reading, timeWidth: number): string | null {
  const { quality, measuredAtUs, receivedAtUs } = reading;
  if (quality !== Quality.clockSuspect || measuredAtUs === receivedAtUs) return null;
  const came = timeText({ ...reading, measuredAtUs: receivedAtUs }, timeWidth).trimEnd();
  return `(clock suspect, came ${came})`;
}

/** Of a reading whose time or freshness is in doubt. */
function toneOf({ quality }: Reading): Tone | null {
  return quality === Quality.clockSuspect || quality === Quality.retained ? 'warning' : null;
}
