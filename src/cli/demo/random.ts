// Chance that can be repeated: the same seed gives the same numbers on every machine.

/** The next number in [0, 1). */
export type Random = () => number;

/** A counter run through a mixing function (splitmix, 32 bits): short, fast, good enough for play. */
export function createRandom(seed: number): Random {
  let counter = Math.trunc(seed) | 0;
  return () => {
    counter = (counter + 0x9e3779b9) | 0;
    let mixed = Math.imul(counter ^ (counter >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32;
  };
}

/** A whole number from `first` to `last`, both included. */
export function wholeBetween(random: Random, first: number, last: number): number {
  return first + Math.floor(random() * (last - first + 1));
}

/** One of the items; there must be one. */
export function oneOf<Item>(random: Random, items: readonly Item[]): Item {
  return items[wholeBetween(random, 0, items.length - 1)] as Item;
}
