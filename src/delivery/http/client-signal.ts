// A signal that says when whoever asked has gone, so that what is done for nobody ends.

import type { FastifyReply } from 'fastify';

export function clientSignal({ raw }: Pick<FastifyReply, 'raw'>): AbortSignal {
  const gone = new AbortController();
  raw.once('close', () => {
    if (!raw.writableFinished) gone.abort(new Error('the client has gone'));
  });
  return gone.signal;
}
