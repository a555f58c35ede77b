// A stream as REST tells it: the fields of `millpond status --json`.

import { z } from 'zod';
import type { StreamStatus } from '../../../core/log-inspection.ts';
import { count, offset } from './fields.ts';

const MS_PER_SECOND = 1000;

export const streamSchema = z.strictObject({
  stream: z.string(),
  lowWatermark: offset().describe('The oldest offset kept.'),
  highWatermark: offset().describe('The next offset to be given.'),
  sealedBytes: count(),
  hotBytes: count().describe('An estimate: what is not sealed shares one file.'),
  segments: count(),
  retention: z
    .strictObject({
      ageSeconds: z.number().nullable(),
      bytes: count().nullable(),
      hardBytes: count().nullable(),
      protect: z.array(z.string()).describe('Consumers for whom age and bytes wait.'),
    })
    .describe('Limits; null where none is set.'),
  onFull: z.enum(['refuse', 'drop-oldest']),
  isFull: z.boolean().describe('At its hard limit.'),
  readingsPerSecond: z.number(),
  bytesPerSecond: z.number(),
});

export function streamAnswer(stream: StreamStatus): z.infer<typeof streamSchema> {
  const { ageMs, bytes, hardBytes, protect } = stream.retention;
  return {
    stream: stream.stream,
    lowWatermark: String(stream.lowWatermark),
    highWatermark: String(stream.highWatermark),
    sealedBytes: stream.sealedBytes,
    hotBytes: stream.hotBytes,
    segments: stream.segments,
    retention: {
      ageSeconds: ageMs === 0 ? null : ageMs / MS_PER_SECOND,
      bytes: bytes || null,
      hardBytes: hardBytes || null,
      protect: [...protect],
    },
    onFull: stream.onFull,
    isFull: stream.isFull,
    readingsPerSecond: stream.readingsPerSecond,
    bytesPerSecond: stream.bytesPerSecond,
  };
}
