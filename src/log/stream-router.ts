// Which stream takes a reading: the first of the list whose match fits. Pure but for what it
// remembers, which is bounded: topics and names are hostile input.

import { matchesGlob } from '../core/glob.ts';
import type { StreamConfig } from '../core/stream-config.ts';
import { matchesFilter } from '../core/topic-filter.ts';

/** Takes what no stream of the list does, and so has no match of its own. */
const REMAINDER = 'readings';
const NONE = -1;

/** What a reading is matched by, in the order in which it is asked for. */
const KINDS = [
  { name: 'topics', matches: matchesFilter },
  { name: 'devices', matches: matchesGlob },
  { name: 'metrics', matches: matchesGlob },
] as const;
const METRIC = 2;

interface Candidate {
  /** Its place in the list. */
  readonly index: number;
  /** By kind; empty where anything fits. */
  readonly patterns: readonly (readonly string[])[];
}

/** One kind to be looked at, and what each value of it led to so far. */
interface Question {
  readonly kind: number;
  readonly candidates: readonly Candidate[];
  readonly answers: Map<string, Step>;
}

/** The next question, or the place of the stream in the list. */
type Step = Question | number;

export interface RouterLimits {
  readonly answersMax: number;
  readonly answerBytesMax: number;
}

const limitsByDefault: RouterLimits = { answersMax: 20_000, answerBytesMax: 4 * 1024 * 1024 };
/** An entry of a map, beside the characters of its key. */
const ANSWER_OVERHEAD_BYTES = 64;

export class StreamRouter {
  readonly #candidates: readonly Candidate[];
  readonly #limits: RouterLimits;
  /** Each question once: topics that leave the same candidates share what follows. */
  #questions = new Map<string, Question>();
  #first: Step;
  #answers = 0;
  #answerBytes = 0;
  /** The readings of one message have one topic, and as a rule one device. */
  #lastTopic = '';
  #lastDevice = '';
  #lastStep: Step | null = null;

  constructor(streams: readonly StreamConfig[], limits: RouterLimits = limitsByDefault) {
    this.#limits = limits;
    this.#candidates = streams.flatMap(({ name, match }, index) =>
      name === REMAINDER ? [] : { index, patterns: KINDS.map((kind) => match[kind.name]) },
    );
    this.#first = this.#next(this.#candidates, 0);
  }

  /** Answers remembered. */
  get size(): number {
    return this.#answers;
  }

  /** Hot path. The place of the stream in the list; -1 when none of them takes the reading. */
  route(topic: string, device: string, metric: string): number {
    if (typeof this.#first === 'number') return this.#first;
    let step = this.#lastStep;
    if (step === null || topic !== this.#lastTopic || device !== this.#lastDevice) {
      step = this.#first;
      while (typeof step !== 'number' && step.kind !== METRIC) {
        step = this.#answer(step, step.kind === 0 ? topic : device);
      }
      this.#lastTopic = topic;
      this.#lastDevice = device;
      this.#lastStep = step;
    }
    if (typeof step !== 'number') step = this.#answer(step, metric);
    return step as number;
  }

  #answer(question: Question, value: string): Step {
    return question.answers.get(value) ?? this.#findAnswer(question, value);
  }

  #findAnswer({ kind, candidates, answers }: Question, value: string): Step {
    const { matches } = KINDS[kind] as (typeof KINDS)[number];
    const left = candidates.filter(({ patterns }) => {
      const own = patterns[kind] as readonly string[];
      return own.length === 0 || own.some((pattern) => matches(pattern, value));
    });
    const bytes = value.length * 2 + ANSWER_OVERHEAD_BYTES;
    const isFull =
      this.#answers >= this.#limits.answersMax ||
      this.#answerBytes + bytes > this.#limits.answerBytesMax;
    if (isFull) {
      this.#forget();
      return this.#next(left, kind + 1);
    }
    const step = this.#next(left, kind + 1);
    answers.set(value, step);
    this.#answers += 1;
    this.#answerBytes += bytes;
    return step;
  }

  /** `candidates` fit in all kinds before `kind`. */
  #next(candidates: readonly Candidate[], kind: number): Step {
    const isOpen = ({ patterns }: Candidate) =>
      patterns.slice(kind).every((own) => own.length === 0);
    // Nothing behind one that takes all of what is left is ever reached.
    const certain = candidates.findIndex(isOpen);
    const possible = certain < 0 ? candidates : candidates.slice(0, certain + 1);
    const [first] = possible;
    if (first === undefined) return NONE;
    if (certain === 0) return first.index;
    const asked = KINDS.findIndex(
      (_, at) => at >= kind && possible.some(({ patterns }) => patterns[at]?.length !== 0),
    );
    const key = `${asked}:${possible.map(({ index }) => index).join()}`;
    const known = this.#questions.get(key);
    if (known !== undefined) return known;
    const question = { kind: asked, candidates: possible, answers: new Map<string, Step>() };
    this.#questions.set(key, question);
    return question;
  }

  /** Begins anew: what comes often is soon known again. */
  #forget(): void {
    this.#questions = new Map();
    this.#answers = 0;
    this.#answerBytes = 0;
    this.#lastStep = null;
    this.#first = this.#next(this.#candidates, 0);
  }
}
