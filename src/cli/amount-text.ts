// Counts and sizes as people read them.

const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];

/** With a comma between thousands: `12,345`. */
export function countText(count: bigint | number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** `1 reading`, `2,000 readings`. */
export function counted(count: bigint | number, noun: string): string {
  return `${countText(count)} ${noun}${Number(count) === 1 ? '' : 's'}`;
}

/** `812 B`, `4.2 MiB`; in steps of 1024. */
export function bytesText(bytes: bigint | number): string {
  let value = Number(bytes);
  let unit = 0;
  while (value >= 1023.95 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${unit === 0 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}
