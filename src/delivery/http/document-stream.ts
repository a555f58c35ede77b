// A document that is written while it is sent: what fails before its first byte is a problem with its
// code, what fails later breaks the connection off, so that nobody takes a part for the whole.

import { once } from 'node:events';
import { PassThrough, type Readable } from 'node:stream';
import type { QuerySink } from '../../core/query.ts';

/** Resolves with the first byte. Throws what `write` throws before it. */
export async function documentStream(
  write: (sink: QuerySink, signal: AbortSignal) => Promise<void>,
  clientGone: AbortSignal,
): Promise<Readable> {
  const body = new PassThrough();
  const closed = new AbortController();
  body.once('close', () => closed.abort(new Error('the document is not read any more')));
  const signal = AbortSignal.any([clientGone, closed.signal]);
  let begin = (): void => undefined;
  const begun = new Promise<void>((resolve) => {
    begin = resolve;
  });
  const sink: QuerySink = {
    async write(messages) {
      begin();
      for (const bytes of messages) {
        if (!body.write(bytes)) await once(body, 'drain', { signal });
      }
    },
  };
  const written = write(sink, signal);
  written.then(
    () => body.end(),
    (error: Error) => body.destroy(error),
  );
  // Told by `written` where it comes before anything was sent.
  body.on('error', () => undefined);
  await Promise.race([begun, written]);
  return body;
}
