// How far long work is, on standard error: a bar that changes in place on a terminal, elsewhere a
// line now and then, or nothing where nobody would want it.

import { steadyClock } from '../../core/clock.ts';
import { WeightedRate } from '../../observability/weighted-rate.ts';
import { durationText } from '../time-text.ts';
import { fillBar } from './blocks.ts';
import { type Look, lookOf, type OutputStream } from './look.ts';
import { cutText, textWidth } from './text-width.ts';

export interface ProgressOptions {
  /** What is done, in a word or two. */
  readonly title: string;
  /** An amount with its unit. */
  readonly amountText: (amount: number) => string;
  /** Null where nobody knows. */
  readonly total: number | null;
  /** Lines for what is no terminal as well. */
  readonly hasLines: boolean;
  /** Standard error unless a test says otherwise. */
  readonly stream?: OutputStream;
  /** Microseconds; a clock that never jumps. */
  readonly clock?: () => number;
}

/** Work that is done sooner is not spoken of. */
const QUIET_US = 500_000;
const BAR_INTERVAL_US = 200_000;
const LINE_INTERVAL_US = 5_000_000;
/** How often the time goes on while nothing else does. */
const TICK_MS = 500;
const RATE_MEAN_US = 5_000_000;
const BAR = 24;

export class Progress {
  readonly #options: ProgressOptions;
  readonly #stream: OutputStream;
  readonly #look: Look;
  readonly #clock: () => number;
  readonly #rate: WeightedRate;
  readonly #startedUs: number;
  readonly #timer: NodeJS.Timeout;
  #done = 0;
  #shownUs: number;
  /** Columns of the line that is to be written over. */
  #width = 0;

  /** Until `end`. */
  constructor(options: ProgressOptions) {
    this.#options = options;
    this.#stream = options.stream ?? process.stderr;
    this.#look = lookOf(this.#stream);
    this.#clock = options.clock ?? steadyClock;
    this.#rate = new WeightedRate({ clock: this.#clock, meanUs: RATE_MEAN_US });
    this.#rate.observe(0);
    this.#startedUs = this.#clock();
    this.#shownUs = this.#startedUs;
    this.#timer = setInterval(() => this.#show(), TICK_MS);
    this.#timer.unref();
  }

  /** So much more is done. */
  add(amount: number): void {
    this.#done += amount;
    this.#show();
  }

  /** Takes the bar away: what is written next begins a line. Can be called again. */
  end(): void {
    clearInterval(this.#timer);
    if (this.#width > 0) this.#stream.write(`\r${' '.repeat(this.#width)}\r`);
    this.#width = 0;
  }

  #show(): void {
    const nowUs = this.#clock();
    const isTerminal = this.#stream.isTTY === true;
    if (!isTerminal && !this.#options.hasLines) return;
    const intervalUs = isTerminal ? BAR_INTERVAL_US : LINE_INTERVAL_US;
    if (nowUs - this.#startedUs < QUIET_US || nowUs - this.#shownUs < intervalUs) return;
    this.#shownUs = nowUs;
    this.#rate.observe(this.#done);
    if (isTerminal) this.#draw(nowUs);
    else this.#stream.write(`${this.#options.title}: ${this.#text(nowUs)}\n`);
  }

  #draw(nowUs: number): void {
    const { title, total } = this.#options;
    const look = this.#look;
    const isKnown = total !== null && total > 0;
    const bar = isKnown ? `${fillBar(this.#done / total, BAR, look.isPlain)}  ` : '';
    // The last column stays empty, for at it some terminals go to the next line.
    const room = look.width - 1 - textWidth(title) - 2 - textWidth(bar);
    const text = cutText(this.#text(nowUs), room);
    const width = textWidth(title) + 2 + textWidth(bar) + textWidth(text);
    const rest = ' '.repeat(Math.max(0, this.#width - width));
    this.#stream.write(
      `\r${look.paint('heading', title)}  ${look.paint('bar', bar)}${text}${rest}`,
    );
    this.#width = width;
  }

  #text(nowUs: number): string {
    const { amountText, total } = this.#options;
    const perSecond = this.#rate.perSecond ?? 0;
    const speed = perSecond > 0 ? [`${amountText(perSecond)}/s`] : [];
    const elapsedMs = (nowUs - this.#startedUs) / 1000;
    if (total === null || total === 0) {
      const done = this.#done > 0 ? [amountText(this.#done)] : [];
      return [...done, ...speed, `${durationText(elapsedMs)} so far`].join(', ');
    }
    const percent = `${Math.min(100, Math.floor((100 * this.#done) / total))} %`;
    const leftMs = (1000 * Math.max(0, total - this.#done)) / perSecond;
    const left = perSecond > 0 ? [`${durationText(leftMs)} left`] : [];
    const amount = `${amountText(this.#done)} of ${amountText(total)}`;
    return [percent, amount, ...speed, ...left].join(', ');
  }
}
