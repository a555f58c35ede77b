// Conversations nobody designed: valid packets in any order, with bits flipped, cut anywhere, sent
// in pieces. The source must outlive them all; a fault in it would end the process.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bytes, connectPacket, packet, string } from './mqtt-bytes.ts';
import { startRig } from './mqtt-rig.ts';

const name = fc.constantFrom('a', 'a/b', '#', '+', 'a/#', 'constructor', '__proto__', '\ufffd', '');
const qos = fc.constantFrom(0, 1, 2);
const id = fc.integer({ min: 0, max: 4 }).map((value) => bytes(0, value));

/** Properties with their length, where the version has them. */
const properties = fc
  .array(
    fc.constantFrom(
      bytes(0x26, 0, 1, 0x61, 0, 1, 0x62), // User property.
      bytes(0x02, 0, 0, 0, 1), // Message expiry.
      bytes(0x23, 0, 1), // Topic alias.
      bytes(0x0b, 7), // Subscription identifier.
      bytes(0x11, 0, 0, 0, 2), // Session expiry.
    ),
    { maxLength: 2 },
  )
  .map((each) =>
    Buffer.concat([bytes(each.reduce((sum, { length }) => sum + length, 0)), ...each]),
  );

function frames(version: 4 | 5): fc.Arbitrary<Buffer> {
  const extra = version === 5 ? properties : fc.constant(bytes());
  return fc.oneof(
    fc
      .tuple(qos, fc.boolean(), fc.boolean(), name, id, extra)
      .map(([level, isRetained, isAgain, topic, messageId, props]) =>
        packet(
          0x30 | (level << 1) | Number(isRetained) | (Number(isAgain) << 3),
          string(topic),
          level > 0 ? messageId : bytes(),
          props,
          Buffer.from('21.5'),
        ),
      ),
    fc
      .tuple(id, extra, fc.array(fc.tuple(name, qos), { maxLength: 3 }))
      .map(([messageId, props, filters]) =>
        packet(
          0x82,
          messageId,
          props,
          ...filters.flatMap(([filter, level]) => [string(filter), bytes(level)]),
        ),
      ),
    fc
      .tuple(id, extra, name)
      .map(([messageId, props, filter]) => packet(0xa2, messageId, props, string(filter))),
    fc
      .tuple(fc.constantFrom(0x40, 0x50, 0x62, 0x70), id)
      .map(([first, messageId]) => packet(first, messageId)),
    fc.constantFrom(bytes(0xc0, 0), bytes(0xe0, 0)),
    fc.uint8Array({ maxLength: 8 }).map((values) => Buffer.from(values)),
  );
}

const connects = fc
  .record({
    version: fc.constantFrom(4 as const, 5 as const),
    clientId: fc.constantFrom('k1', 'k2', 'constructor', '__proto__'),
    isClean: fc.boolean(),
    hasWill: fc.boolean(),
    willQos: qos,
  })
  .map(({ version, clientId, isClean, hasWill, willQos }) => ({
    version,
    connect: connectPacket({
      version,
      clientId,
      flags: (isClean ? 0x02 : 0) | (hasWill ? 0x04 | (willQos << 3) : 0),
      properties: bytes(5, 0x11, 0, 0, 0, 2),
      rest: hasWill
        ? [version === 5 ? bytes(5, 0x18, 0, 0, 0, 1) : bytes(), string('a'), string('gone')]
        : [],
    }),
  }));

const conversations = connects.chain(({ version, connect }) =>
  fc.record({
    sent: fc
      .array(frames(version), { maxLength: 12 })
      .map((following) => Buffer.concat([connect, ...following])),
    flippedBit: fc.option(fc.nat(2000)),
    pieceBytes: fc.integer({ min: 1, max: 200 }),
    isReset: fc.boolean(),
  }),
);

test('no conversation harms the source', async () => {
  const { raw, client, events, source } = await startRig({
    sessionsMax: 2,
    retainedMax: 3,
    subscriptionsMax: 3,
  });
  await fc.assert(
    fc.asyncProperty(conversations, async ({ sent, flippedBit, pieceBytes, isReset }) => {
      if (flippedBit !== null) {
        const at = (flippedBit >> 3) % sent.length;
        sent.writeUInt8(sent.readUInt8(at) ^ (1 << (flippedBit & 7)), at);
      }
      const guest = await raw();
      for (let at = 0; at < sent.length; at += pieceBytes) {
        guest.send(sent.subarray(at, at + pieceBytes));
        if (pieceBytes < 20) await new Promise((resolve) => setImmediate(resolve));
      }
      if (isReset) guest.destroy();
      else guest.socket.end();
      await guest.closed;
    }),
    { numRuns: 500 },
  );
  const witness = await client();
  await witness.publishAsync('a', '1', { qos: 2 });
  expect(events.failures).toEqual([]);
  await expect.poll(() => source.status().connections).toBe(1);
  expect(source.status()).toMatchObject({ inflightBytes: 0 });
});
