// Numbers as pictures of one line: the course of a value, and how full something is. Terminals without
// block characters get plain ones.

const levels = { blocks: '▁▂▃▄▅▆▇█', plain: '_.:-=+*#' };
const fills = { blocks: ['█', '░'], plain: ['#', '-'] } as const;

/** Whether the terminal of this environment is likely to show block characters. */
export function hasBlocks({ LC_ALL, LC_CTYPE, LANG, TERM }: NodeJS.ProcessEnv): boolean {
  // The console of Linux has a font without most of them.
  return /utf-?8/i.test(LC_ALL || LC_CTYPE || LANG || '') && TERM !== 'linux' && TERM !== 'dumb';
}

/**
 * The newest `width` values, the newest to the right; null where nothing is known, which is a blank.
 * The highest of them fills the line; what is more than 0 is more than the lowest level.
 */
export function sparkline(
  values: readonly (number | null)[],
  width: number,
  isPlain: boolean,
): string {
  const shown = width < 1 ? [] : values.slice(-width);
  const highest = shown.reduce<number>((most, value) => Math.max(most, value ?? 0), 0);
  const characters = isPlain ? levels.plain : levels.blocks;
  const top = characters.length - 1;
  const line = shown.map((value) => {
    if (value === null) return ' ';
    const level =
      highest === 0 || value <= 0 ? 0 : Math.max(1, Math.round((value / highest) * top));
    return characters[level] ?? ' ';
  });
  return line.join('').padStart(width);
}

/** `fraction` is cut to what can be: 0 to 1. Not empty while there is something, full only at the end. */
export function fillBar(fraction: number, width: number, isPlain: boolean): string {
  const [full, empty] = isPlain ? fills.plain : fills.blocks;
  const part = Math.min(1, Math.max(0, fraction));
  const count = Math.floor(part * width);
  const filled = part > 0 ? Math.max(1, count) : 0;
  return full.repeat(Math.min(width, filled)) + empty.repeat(Math.max(0, width - filled));
}
