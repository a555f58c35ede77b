// A long answer, made piece by piece while it is sent. Whatever a thread does in one go, every device's
// acknowledgement waits for: so of all such answers together one slice is made in a turn of the event
// loop, and nothing ahead of what the client takes.

import { Readable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import type { FastifyReply } from 'fastify';

/** A slice of a chart of this length takes about a fifth of a millisecond. */
const SLICE_CHARACTERS = 32 * 1024;
const JSON_TYPE = 'application/json; charset=utf-8';

let lastTurn: Promise<void> = Promise.resolve();

/** Resolves once in a turn of the event loop, for the first who waits. */
function nextTurn(): Promise<void> {
  lastTurn = lastTurn.then(() => setImmediate());
  return lastTurn;
}

/** JSON; a piece is asked for when it is due. What is one slice is sent with its length, as any answer. */
export async function sendSliced(reply: FastifyReply, text: Iterable<string>): Promise<never> {
  const pieces = text[Symbol.iterator]();
  await nextTurn();
  const first = takeSlice(pieces);
  const body = first.isLast ? first.text : Readable.from(slicesFrom(first, pieces));
  // The type provider knows the document, and not how it is sent.
  return reply.type(JSON_TYPE).send(body) as never;
}

type Lists = Readonly<Record<string, Iterable<unknown>>>;

/** As it is when it arrives. */
type Arrays<Of extends Lists> = {
  [Name in keyof Of]: Of[Name] extends Iterable<infer Entry> ? Entry[] : never;
};

/**
 * `frame` with the lists behind its fields, each entry made when it is due. Typed as what is sent, so
 * that it is held against the schema.
 */
export function sendLists<Frame extends object, Of extends Lists>(
  reply: FastifyReply,
  frame: Frame,
  lists: Of,
): Promise<Frame & Arrays<Of>> {
  return sendSliced(reply, listText(frame, lists));
}

export function* each<From, To>(entries: Iterable<From>, answerOf: (entry: From) => To) {
  for (const entry of entries) yield answerOf(entry);
}

function* listText(frame: object, lists: Lists): Generator<string, void> {
  let before = JSON.stringify(frame).slice(0, -1);
  for (const [name, entries] of Object.entries(lists)) {
    yield `${before}${before === '{' ? '' : ','}"${name}":[`;
    let comma = '';
    for (const entry of entries) {
      yield `${comma}${JSON.stringify(entry)}`;
      comma = ',';
    }
    before = ']';
  }
  yield `${before}}`;
}

interface Slice {
  readonly text: string;
  readonly isLast: boolean;
}

function takeSlice(pieces: Iterator<string>): Slice {
  let text = '';
  while (text.length < SLICE_CHARACTERS) {
    const { done, value } = pieces.next();
    if (done === true) return { text, isLast: true };
    text += value;
  }
  return { text, isLast: false };
}

async function* slicesFrom(first: Slice, pieces: Iterator<string>): AsyncGenerator<Buffer, void> {
  yield Buffer.from(first.text);
  for (let { isLast } = first; !isLast; ) {
    await nextTurn();
    const slice = takeSlice(pieces);
    isLast = slice.isLast;
    yield Buffer.from(slice.text);
  }
}
