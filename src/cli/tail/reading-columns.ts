// The columns of `tail`: how wide each is, which only grows, and what gives way where the terminal is
// too narrow for all of them: first parts of the time that say least, then the longest names.

import { fitWidths } from '../terminal/text-table.ts';

export interface ReadingWidths {
  readonly time: number;
  readonly offset: number;
  readonly device: number;
  readonly channel: number;
  readonly metric: number;
  readonly value: number;
  readonly unit: number;
  readonly note: number;
}

export type ReadingColumn = keyof ReadingWidths;

const GAP = 2;
const SHORT_TIME = 14;
/** `2025-01-31 13:00:00.123+01:00`, and as much of it as there is room for. */
const timeWidths = [29, 23, 18, SHORT_TIME] as const;
/** A name or value that is longer stands out of its column instead of pushing the rest aside for ever. */
const NAME_MAX = 32;

export class ReadingColumns {
  // Usual widths to begin with; the columns of channels and notes are there once there is one.
  readonly #wanted = { offset: 6, device: 12, channel: 0, metric: 11, value: 8, unit: 0, note: 0 };

  /** What a cell of this width needs from now on. */
  grow(column: Exclude<ReadingColumn, 'time'>, width: number): void {
    const wanted = Math.min(NAME_MAX, width);
    if (wanted > this.#wanted[column]) this.#wanted[column] = wanted;
  }

  /** As they are for a terminal of `total` columns; below 40 lines do not fit any more. */
  widths(total: number): ReadingWidths {
    const { offset, device, channel, metric, value, unit, note } = this.#wanted;
    const flexible = [device, channel, metric, value].filter((width) => width > 0);
    const wanted = flexible.reduce((sum, width) => sum + width + GAP, -GAP);
    // The unit stands a blank behind the value.
    const behind = 1 + unit + (note > 0 ? GAP + note : 0);
    const left = (time: number): number => total - time - offset - 2 * GAP - behind;
    const time = timeWidths.find((width) => wanted <= left(width)) ?? SHORT_TIME;
    const fitted = fitWidths(flexible, left(time));
    return {
      time,
      offset,
      device: fitted[0] ?? device,
      channel: channel > 0 ? (fitted[1] ?? channel) : 0,
      metric: fitted.at(-2) ?? metric,
      value: fitted.at(-1) ?? value,
      unit,
      note,
    };
  }
}
