// Answers to requests that ask for another protocol and do not get it. Node hands their socket over
// without a response, as soon as somebody listens for upgrades.

import { type IncomingMessage, type Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { asMillpondError, MillpondError } from '../../../core/errors.ts';
import { PROBLEM_TYPE, problemOf } from '../problem.ts';
import { securityHeaders } from '../security.ts';

/** A problem, then the end. */
export function refuseSocket(socket: Duplex, request: IncomingMessage, thrown: unknown): void {
  const problem = problemOf(asMillpondError(thrown), { instance: request.url ?? '' });
  const response = responseTo(request, socket);
  response.writeHead(problem.status, { ...securityHeaders, 'content-type': PROBLEM_TYPE });
  response.end(JSON.stringify(problem));
}

/**
 * As if the client had not offered to go on in another protocol, which a server need not take (RFC
 * 9110, 7.8): Java's and curl's clients offer HTTP/2 with every request. A body would still be in the
 * socket, unread.
 */
export function answerPlainly(server: Server, request: IncomingMessage, socket: Duplex): void {
  if (request.method === 'GET' || request.method === 'HEAD') {
    server.emit('request', request, responseTo(request, socket));
    return;
  }
  const text = 'A request that has a body is not taken together with Upgrade.';
  refuseSocket(socket, request, new MillpondError('REQUEST_INVALID', text));
}

function responseTo(request: IncomingMessage, socket: Duplex): ServerResponse {
  const response = new ServerResponse(request);
  // The parser is off this socket: nothing more can come on it.
  response.shouldKeepAlive = false;
  response.assignSocket(socket as Socket);
  response.on('finish', () => {
    response.detachSocket(socket as Socket);
    socket.end();
  });
  return response;
}
