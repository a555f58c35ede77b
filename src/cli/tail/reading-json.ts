// `tail --json`: one object a line, from the messages that came over gRPC.

import * as json from '../../core/reading-json.ts';
import type { Gap } from '../../generated/millpond/v1/offsets.ts';
import type { Reading } from '../../generated/millpond/v1/reading.ts';

/** Without a line end. */
export function readingJson(stream: string, reading: Reading): string {
  return json.readingJson({ ...reading, stream, value: reading.value?.value ?? null });
}

export function gapJson(stream: string, gap: Gap): string {
  return json.gapJson({ ...gap, stream });
}
