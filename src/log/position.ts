// Where a consumer or a consumer group of one stream stands, and what says that there is none any more.

/** One name stands for one of the two, whichever was there first. */
export type PositionKind = 'plain' | 'group';

export interface Position {
  readonly stream: string;
  readonly consumer: string;
  readonly kind: PositionKind;
  /** The first offset it has not processed; of a group, the first that is not settled. */
  readonly nextOffset: number;
  readonly committedAtUs: number;
  /**
   * Raised by everything but a commit: made, sought, deleted. Of two records of one name the one with
   * the greater revision is the later, and among equals the one that is further.
   */
  readonly revision: number;
}

/** The position is gone. */
export type Removal = Pick<Position, 'stream' | 'consumer' | 'revision'>;

export function positionKey({ stream, consumer }: Pick<Position, 'stream' | 'consumer'>): string {
  return `${stream}/${consumer}`;
}

export function isLater(
  position: Pick<Position, 'revision' | 'nextOffset'>,
  than: Pick<Position, 'revision' | 'nextOffset'>,
): boolean {
  if (position.revision !== than.revision) return position.revision > than.revision;
  return position.nextOffset > than.nextOffset;
}
