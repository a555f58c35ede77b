// Where a subscription starts and where a consumer is sought to: an edge, a time or an offset as an
// offset of the stream.

import type { StartRequest } from '../core/contracts.ts';
import { MillpondError } from '../core/errors.ts';
import type { ConsumerName } from '../core/log-inspection.ts';
import type { Log } from './log.ts';
import type { StreamState } from './stream-state.ts';

/** Throws STREAM_UNKNOWN, OFFSET_BEYOND_END, and as `ConsumerPositions.ofConsumer`. */
export async function resolveStart(
  log: Log,
  { stream: name, consumer, start }: StartRequest,
): Promise<{ from: number; highWatermark: number }> {
  const stream = log.stream(name);
  if (consumer !== '') {
    const committed = log.consumers.position(stream, consumer);
    if (committed !== null) return { from: committed, highWatermark: stream.highWatermark };
  }
  const from = await startOffset(log, stream, start);
  return { from, highWatermark: stream.highWatermark };
}

/** Throws STREAM_UNKNOWN, OFFSET_BEYOND_END, and as `PositionCommits.seek`. */
export async function seekConsumer(
  log: Log,
  { stream: name, consumer, start }: StartRequest,
): Promise<void> {
  const stream = log.stream(name);
  await log.consumers.seek(stream, consumer, await startOffset(log, stream, start));
}

/** Back to the oldest reading kept. Throws CONSUMER_UNKNOWN, and as `seekConsumer`. */
export async function resetConsumer(log: Log, { stream: name, consumer }: ConsumerName) {
  const stream = log.stream(name);
  if (log.consumers.position(stream, consumer) === null) {
    throw new MillpondError(
      'CONSUMER_UNKNOWN',
      `Stream ${stream.name} has no consumer named ${consumer}.`,
    );
  }
  await log.consumers.seek(stream, consumer, stream.lowWatermark);
}

/**
 * Throws OFFSET_BEYOND_END, and as `Log.read`. An offset below the low watermark is left as it is:
 * whoever reads from there is told of the gap.
 */
export async function startOffset(
  log: Log,
  stream: StreamState,
  start: StartRequest['start'],
): Promise<number> {
  switch (start.kind) {
    case 'time':
      return log.offsetAtTime(stream, start.timeUs);
    case 'earliest':
      return stream.lowWatermark;
    case 'latest':
      return stream.highWatermark;
    case 'offset': {
      const { offset } = start;
      if (offset <= stream.highWatermark) return offset;
      throw new MillpondError(
        'OFFSET_BEYOND_END',
        `Offset ${offset} of ${stream.name} is beyond its end, ${stream.highWatermark}.`,
      );
    }
  }
}
