// Positions as the ledger's lines have them. What an older version wrote is of plain consumers that
// were never sought.

import type { Position, Removal } from './position.ts';

export interface PositionRecord {
  readonly kind: 'position';
  readonly stream: string;
  readonly consumer: string;
  readonly nextOffset: number;
  readonly committedAtUs: number;
  readonly isGroup?: boolean;
  readonly revision?: number;
}

export type RemovalRecord = { readonly kind: 'position_removed' } & Removal;

export function positionRecord({ kind, ...position }: Position): PositionRecord {
  return { kind: 'position', ...position, ...(kind === 'group' ? { isGroup: true } : {}) };
}

export function removalRecord({ stream, consumer, revision }: Removal): RemovalRecord {
  return { kind: 'position_removed', stream, consumer, revision };
}

export function positionOf(record: PositionRecord): Position {
  const { stream, consumer, nextOffset, committedAtUs, isGroup = false, revision = 0 } = record;
  const kind = isGroup ? 'group' : 'plain';
  return { stream, consumer, kind, nextOffset, committedAtUs, revision };
}
