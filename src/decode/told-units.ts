// The units that devices tell in topics of their own, by the topic whose values have them. In memory only:
// after a restart a unit is not known until it is told again. Bounded by count and characters; of two
// generations the one that was not asked for is let go.

export interface ToldUnitLimits {
  readonly topicsMax: number;
  /** Of topics and units together. */
  readonly charactersMax: number;
}

const defaults: ToldUnitLimits = { topicsMax: 20_000, charactersMax: 4 * 1024 * 1024 };

/** A longer text is no unit. */
export const unitLengthMax = 64;

export class ToldUnits {
  readonly #limits: ToldUnitLimits;
  #young = new Map<string, string>();
  #old = new Map<string, string>();
  #youngCharacters = 0;

  constructor(limits: ToldUnitLimits = defaults) {
    this.#limits = limits;
  }

  /** For tests and figures. */
  get size(): number {
    return this.#young.size + this.#old.size;
  }

  tell(topic: string, unit: string): void {
    const known = this.#young.get(topic);
    if (known === unit) return;
    this.#old.delete(topic);
    if (known !== undefined) {
      this.#youngCharacters -= topic.length + known.length;
      this.#young.delete(topic);
    }
    this.#remember(topic, unit);
  }

  /** Undefined when none was told, or so long ago that it is forgotten. */
  of(topic: string): string | undefined {
    const known = this.#young.get(topic);
    if (known !== undefined) return known;
    const unit = this.#old.get(topic);
    if (unit === undefined) return undefined;
    this.#old.delete(topic);
    this.#remember(topic, unit);
    return unit;
  }

  #remember(topic: string, unit: string): void {
    const { topicsMax, charactersMax } = this.#limits;
    const characters = topic.length + unit.length;
    const isFull =
      this.#young.size >= topicsMax / 2 || this.#youngCharacters + characters > charactersMax / 2;
    if (isFull) {
      this.#old = this.#young;
      this.#young = new Map();
      this.#youngCharacters = 0;
    }
    this.#young.set(topic, unit);
    this.#youngCharacters += characters;
  }
}
