// The end of a list that comes in order, with no more of it in memory than is wanted.

export async function newest<Entry>(
  list: AsyncIterable<Entry>,
  countMax: number,
): Promise<{ entries: Entry[]; older: number }> {
  let entries: Entry[] = [];
  let older = 0;
  for await (const entry of list) {
    entries.push(entry);
    if (entries.length < 2 * countMax) continue;
    older += entries.length - countMax;
    entries = entries.slice(-countMax);
  }
  older += Math.max(0, entries.length - countMax);
  return { entries: entries.slice(-countMax), older };
}
