// Numbers as people read them: grouped by thousands, no more digits than say something.

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const byDigits = [0, 1, 2, 3, 4].map(
  (digits) => new Intl.NumberFormat('en', { maximumFractionDigits: digits }),
);
const small = new Intl.NumberFormat('en', { maximumSignificantDigits: 3 });
const huge = new Intl.NumberFormat('en', { notation: 'scientific', maximumFractionDigits: 3 });

/** U+2212 stands as high as the plus, and is as wide as a digit. */
function withMinus(text: string): string {
  return text.replace('-', '−');
}

/** A measured value: about four digits that count. */
export function numberText(value: number): string {
  const size = Math.abs(value);
  if (!Number.isFinite(value)) return String(value);
  if (size >= 1e9 || (size > 0 && size < 1e-4)) return withMinus(huge.format(value));
  if (size >= 10_000) return withMinus(whole.format(value));
  if (size >= 1_000) return withMinus(byDigits[1]!.format(value));
  if (size >= 1) return withMinus(byDigits[2]!.format(value));
  return withMinus(small.format(value));
}

export function countText(count: number): string {
  return whole.format(count);
}

/** `1 device`, `1,200 devices`. */
export function countOf(count: number, one: string, many = `${one}s`): string {
  return `${countText(count)} ${count === 1 ? one : many}`;
}

/** Events a second, or milliseconds: one decimal below a hundred. */
export function rateText(value: number): string {
  if (value > 0 && value < 0.1) return small.format(value);
  return byDigits[value < 100 ? 1 : 0]!.format(value);
}

const sizes = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'] as const;

/** In powers of 1000, as the config counts them. */
export function bytesText(bytes: number): string {
  let value = bytes;
  let power = 0;
  while (Math.abs(value) >= 999.5 && power < sizes.length - 1) {
    value /= 1000;
    power += 1;
  }
  return `${byDigits[value < 10 && power > 0 ? 1 : 0]!.format(value)} ${sizes[power]}`;
}
