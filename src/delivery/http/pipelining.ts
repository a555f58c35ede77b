// A connection may ask again before it was answered, and never read an answer: each question would then
// wait in memory, and each be worked on. So it has a few at most; no browser has more than one.

import type { IncomingMessage, RequestListener } from 'node:http';

const UNANSWERED_MAX = 8;

/** Closes the connection that asks once more; what it asked behind that is not even looked at. */
export function limitPipelining(answer: RequestListener): RequestListener {
  const unanswered = new WeakMap<IncomingMessage['socket'], number>();
  return (request, response) => {
    const { socket } = request;
    if (socket.destroyed) return;
    const count = (unanswered.get(socket) ?? 0) + 1;
    if (count > UNANSWERED_MAX) {
      socket.destroy();
      return;
    }
    unanswered.set(socket, count);
    response.once('close', () => unanswered.set(socket, (unanswered.get(socket) ?? 1) - 1));
    answer(request, response);
  };
}
