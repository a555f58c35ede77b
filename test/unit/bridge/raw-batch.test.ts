// Raw messages into one buffer and back.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type RawBatch, RawBatchWriter, readRawBatch } from '../../../src/bridge/raw-batch.ts';
import { frameFaults, type RawMessage } from '../../../src/core/raw-message.ts';

/** The payload as a text, which is quicker to compare. */
function plain({ payload, ...rest }: RawMessage) {
  return { ...rest, payload: Buffer.from(payload).toString('latin1') };
}

function read(batch: RawBatch) {
  const messages: ReturnType<typeof plain>[] = [];
  readRawBatch(batch, (message) => messages.push(plain(message)));
  return messages;
}

const anyMessage: fc.Arbitrary<RawMessage> = fc.record({
  source: fc.constantFrom('mqtt', 'grpc', '/dev/ttyUSB0', ''),
  topic: fc.oneof(
    fc.string({ unit: 'binary', maxLength: 60 }),
    fc.constantFrom('x'.repeat(65_535), '語'.repeat(21_845), '😀'.repeat(16_383)),
  ),
  payload: fc.oneof(
    { weight: 9, arbitrary: fc.uint8Array({ maxLength: 300 }) },
    { weight: 1, arbitrary: fc.nat({ max: 100_000 }).map((bytes) => new Uint8Array(bytes)) },
  ),
  receivedAtUs: fc.maxSafeInteger(),
  isRetained: fc.boolean(),
  isRedelivered: fc.boolean(),
  isRefusable: fc.boolean(),
});

const anyKey = fc.record({
  producer: fc.stringMatching(/^[A-Za-z0-9._:-]{1,128}$/),
  sequence: fc.maxSafeNat(),
  call: fc.nat({ max: 0xffff_ffff }),
});

const anyMarked = fc
  .tuple(
    anyMessage,
    fc.option(fc.constantFrom(...frameFaults), { nil: undefined }),
    fc.option(anyKey, { nil: undefined }),
  )
  .map(([message, fault, key]) => ({
    ...message,
    ...(fault === undefined ? {} : { fault }),
    ...(key === undefined ? {} : { key }),
  }));

test('gives back every message as it was, in order, batch after batch', () => {
  const batches = fc.array(fc.array(anyMarked, { minLength: 1, maxLength: 8 }), { maxLength: 4 });
  fc.assert(
    fc.property(batches, (all) => {
      const writer = new RawBatchWriter();
      const taken = all.map((messages) => {
        const bytes = messages.map((message) => writer.add(message));
        expect(writer.count).toBe(messages.length);
        expect(writer.usedBytes).toBe(bytes.reduce((sum, each) => sum + each, 0));
        const batch = writer.take();
        expect(batch.bytes).toBe(bytes.reduce((sum, each) => sum + each, 0));
        expect(writer.count).toBe(0);
        expect(writer.usedBytes).toBe(0);
        // As it crosses to the other thread.
        return structuredClone(batch, { transfer: [batch.buffer] });
      });
      expect(taken.map(read)).toEqual(all.map((messages) => messages.map(plain)));
    }),
  );
});

const message: RawMessage = {
  source: 'mqtt',
  topic: 'a',
  payload: Uint8Array.of(1),
  receivedAtUs: 0,
  isRetained: false,
  isRedelivered: false,
};

test('copies the payload: what its owner does with it later changes nothing', () => {
  const writer = new RawBatchWriter();
  const payload = Uint8Array.of(1, 2, 3);
  writer.add({ ...message, payload });
  payload.fill(9);
  expect(read(writer.take())).toMatchObject([{ topic: 'a', payload: '\x01\x02\x03' }]);
});

test('refuses a topic that its length field cannot hold, and keeps what was added before', () => {
  const writer = new RawBatchWriter();
  writer.add(message);
  expect(() => writer.add({ ...message, topic: 'é'.repeat(32_768) })).toThrow(RangeError);
  writer.add({ ...message, topic: 'b' });
  expect(read(writer.take()).map(({ topic }) => topic)).toEqual(['a', 'b']);
});

test('a buffer is about as large as its messages: the collector counts it whole', () => {
  const writer = new RawBatchWriter();
  const message = (bytes: number): RawMessage => ({
    source: 'mqtt',
    topic: 'sensors/a/json',
    payload: new Uint8Array(bytes),
    receivedAtUs: 1,
    isRetained: false,
    isRedelivered: false,
  });
  const bufferOf = (...sizes: number[]): number => {
    for (const bytes of sizes) writer.add(message(bytes));
    return writer.take().buffer.byteLength;
  };
  expect(bufferOf(20, 20)).toBeLessThanOrEqual(1024);
  expect(bufferOf(20)).toBeLessThanOrEqual(1024);
  // It is grown at need, larger from the start after a large one, and small again.
  expect(bufferOf(...Array.from({ length: 100 }, () => 100))).toBeLessThanOrEqual(64 * 1024);
  expect(bufferOf(20)).toBeGreaterThan(16 * 1024);
  expect(bufferOf(20)).toBeLessThanOrEqual(1024);
  expect(bufferOf(1_000_000)).toBeGreaterThan(1_000_000);
  expect(bufferOf(20)).toBeLessThanOrEqual(32 * 1024);
});
