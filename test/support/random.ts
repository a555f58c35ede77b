// Random numbers from a printed seed: TEST_SEED repeats a run.

/** Mulberry32: small, fast, and good enough to choose moments with. */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** The seed of this run; printed, so that a failure can be repeated. */
export function chooseSeed(): number {
  const seed = Number(process.env.TEST_SEED ?? Math.floor(Math.random() * 2 ** 32));
  console.log(`seed ${seed} (TEST_SEED=${seed} repeats this run)`);
  return seed;
}
