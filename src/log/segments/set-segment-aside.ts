// What happens to a segment that turns out to be damaged or missing while it is read: its file goes to
// quarantine, its offsets are recorded as a loss, and readers go on behind it.

import { existsSync, mkdirSync, renameSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Clock } from '../../core/clock.ts';
import { MillpondError } from '../../core/errors.ts';
import { syncFolder } from '../data-directory.ts';
import type { Database } from '../database.ts';
import type { Losses } from '../loss.ts';
import type { Loss } from '../loss-book.ts';
import { quarantineName } from '../recovery/quarantine.ts';
import type { StreamState } from '../stream-state.ts';
import { segmentPath } from './segment.ts';
import type { SegmentDamaged } from './segment-reader.ts';
import { unregisterSegments } from './segment-registry.ts';

export interface SetAsideParts {
  readonly directory: string;
  readonly database: () => Database;
  readonly betweenCommits: <T>(task: () => Promise<T>) => Promise<T>;
  readonly clock: Clock;
  readonly losses: Losses;
  readonly notice: (error: MillpondError) => void;
}

export async function setSegmentAside(
  stream: StreamState,
  damage: SegmentDamaged,
  parts: SetAsideParts,
): Promise<void> {
  const { segment, reason, message: detail } = damage;
  const path = segmentPath(parts.directory, stream.name, segment.first);
  const isDone = await parts.betweenCommits(async () => {
    if (!stream.segments.all.includes(segment)) return false;
    moveToQuarantine(parts.directory, stream.name, path, parts.clock());
    const loss: Loss = {
      stream: stream.name,
      firstOffset: segment.first,
      lastOffset: segment.next - 1,
      count: segment.next - segment.first,
      reason,
      detail,
      atUs: parts.clock(),
    };
    const gone = { segments: [segment], losses: [loss] };
    await unregisterSegments(parts.database(), stream, gone, parts.losses);
    return true;
  });
  if (!isDone) return;
  const text = `The segment ${path} was set aside, with offsets ${segment.first} to ${segment.next - 1} of ${stream.name}: ${detail}.`;
  parts.notice(new MillpondError('SEGMENT_DAMAGED', text));
}

function moveToQuarantine(directory: string, stream: string, path: string, nowUs: number): void {
  if (!existsSync(path)) return;
  const folder = join(directory, quarantineName('segment', nowUs));
  mkdirSync(folder, { recursive: true, mode: 0o750 });
  renameSync(path, join(folder, `${stream}-${basename(path)}`));
  syncFolder(folder);
  syncFolder(dirname(folder));
}
