// Server-sent events as text (html.spec.whatwg.org, 9.2.6): what a follower over HTTP is written.
// `id` is the offset that a client has reached, and comes back as Last-Event-ID. An id without data
// raises no event in the browser and counts all the same: so silence has a place to resume from too.

import { asciiControls } from '../../../core/json-line.ts';
import { gapJson } from '../../../core/reading-json.ts';
import type { EventWriter } from '../../stream-events.ts';

/** Most bytes of one message: what a client that does not read holds beside its socket's buffer. */
export const LIVE_FETCH_BYTES_MAX = 64 * 1024;

/** How long a browser waits before it connects again, milliseconds. */
const RETRY_MS = 2000;

/** `id`: the last offset that was seen; -1 before the first. `data` is one line. */
export function eventText(id: number, event: string | null, data: string): string {
  const name = event === null ? '' : `event: ${event}\n`;
  return `id: ${id}\n${name}data: ${data}\n\n`;
}

/** What a follower gets first: how to come back, and to where. */
export function helloText(from: number): string {
  return `retry: ${RETRY_MS}\nid: ${from - 1}\n\n`;
}

/** The last thing that a follower gets which does not read: it finds the rest when it comes again. */
export function droppedText(stream: string, reason: 'slow_client'): string {
  const data = asciiControls({ event: 'dropped', stream, reason });
  return `event: dropped\ndata: ${data}\n\n`;
}

export const liveEvents: EventWriter = {
  gap(stream, { first, next, reason }) {
    const data = gapJson({ stream, firstOffset: first, nextOffset: next, reason });
    return Buffer.from(eventText(next - 1, 'gap', data));
  },
  progress({ next }) {
    return Buffer.from(`: still here\nid: ${next - 1}\n\n`);
  },
};
