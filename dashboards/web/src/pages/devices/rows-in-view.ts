// Which rows of a long list are on the screen: only those are in the page.

export interface RowsInView {
  readonly first: number;
  /** Exclusive. */
  readonly next: number;
}

/** Rows drawn above and below the screen, so that scrolling finds them there. */
const SPARE = 8;

/** `listTop` is the list's upper edge below the screen's: negative once it is scrolled out. */
export function rowsInView(
  listTop: number,
  screenHeight: number,
  rowHeight: number,
  rowCount: number,
): RowsInView {
  const above = Math.floor(-listTop / rowHeight) - SPARE;
  const below = Math.ceil((screenHeight - listTop) / rowHeight) + SPARE;
  const first = Math.min(Math.max(0, above), rowCount);
  return { first, next: Math.min(Math.max(first, below), rowCount) };
}
