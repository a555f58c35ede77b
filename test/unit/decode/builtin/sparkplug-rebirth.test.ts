// A node that is not understood is asked for its birth, seldom enough; and what came long ago changes
// nothing of what is known now.
import { BinaryWriter } from '@bufbuild/protobuf/wire';
import { describe, expect, test } from 'vitest';
import {
  RebirthLimiter,
  rebirthPayload,
} from '../../../../src/decode/builtin/sparkplug-rebirth.ts';
import { builtInDecoder, messageOf, summaryOf } from '../messages.ts';

interface Metric {
  readonly name?: string;
  readonly alias?: number;
  readonly value: number;
}

function payloadOf(metrics: readonly Metric[], seq?: number): Uint8Array {
  const writer = new BinaryWriter();
  for (const { name, alias, value } of metrics) {
    writer.uint32(18).fork();
    if (name !== undefined) writer.uint32(10).string(name);
    if (alias !== undefined) writer.uint32(16).uint64(alias);
    writer.uint32(32).uint32(10).uint32(105).double(value).join();
  }
  if (seq !== undefined) writer.uint32(24).uint64(seq);
  return writer.finish();
}

test('the command is a metric by its name, with a time and without a sequence number', () => {
  // Written by hand, off sparkplug_b.proto.
  const time = '8080d095ffbc31'.slice(2);
  const metric = `0a14${Buffer.from('Node Control/Rebirth').toString('hex')}18${time}200b7001`;
  const length = (metric.length / 2).toString(16);
  expect(Buffer.from(rebirthPayload(1_700_000_000_000)).toString('hex')).toBe(
    `08${time}12${length}${metric}`,
  );
});

describe('data by an alias that no birth explains', () => {
  const alias = payloadOf([{ alias: 1, value: 2 }]);
  const named = payloadOf([{ name: 'x', value: 2 }]);

  test.each([
    ['spBv1.0/G1/NDATA/E1', alias, 'spBv1.0/G1/NCMD/E1'],
    ['spBv1.0/G1/DDATA/E1/D1', alias, 'spBv1.0/G1/NCMD/E1'],
    ['spBv1.0/G1/NDATA/E1', named, undefined],
    ['spBv1.0/G1/DBIRTH/E1/D1', named, undefined],
  ])('%s', (topic, payload, command) => {
    const decoded = builtInDecoder().decode(messageOf(topic, payload));
    expect(decoded.rebirthTopic).toBe(command);
  });

  test('asks for nothing once the birth came', () => {
    const decoder = builtInDecoder();
    decoder.decode(
      messageOf('spBv1.0/G1/NBIRTH/E1', payloadOf([{ name: 'x', alias: 1, value: 1 }])),
    );
    const decoded = decoder.decode(messageOf('spBv1.0/G1/NDATA/E1', alias));
    expect(decoded.rebirthTopic).toBeUndefined();
    expect(summaryOf(decoded).readings).toEqual(['G1/E1||x=2']);
  });
});

describe('how often nodes are asked', () => {
  const second = 1_000_000;

  test('each once a minute', () => {
    const limiter = new RebirthLimiter();
    const asked = [0, 1, 59, 60, 61, 121].filter((at) => limiter.take('a', (1000 + at) * second));
    expect(asked).toEqual([0, 60, 121]);
  });

  test('again after the clock was set back', () => {
    const limiter = new RebirthLimiter();
    limiter.take('a', 10_000 * second);
    expect(limiter.take('a', 5000 * second)).toBe(true);
  });

  test('all together ten a second, and who had to wait has his turn', () => {
    const limiter = new RebirthLimiter();
    const nodes = Array.from({ length: 25 }, (_, index) => `node${index}`);
    const rounds = [0, 1, 2, 3].map(
      (at) => nodes.filter((node) => limiter.take(node, (1000 + at) * second)).length,
    );
    expect(rounds).toEqual([10, 10, 5, 0]);
  });

  test('within its memory', () => {
    const limiter = new RebirthLimiter({ againUs: second, perSecondMax: 1000, nodesMax: 100 });
    for (let node = 0; node < 1000; node += 1) limiter.take(`node${node}`, 0);
    expect(limiter.size).toBe(100);
  });
});

describe('a message that is decoded again', () => {
  const topic = (type: string) => `spBv1.0/G1/${type}/E1`;
  const past = (type: string, payload: Uint8Array) => ({
    ...messageOf(topic(type), payload),
    isPast: true,
  });

  test('changes neither the aliases nor the count of what came after it', () => {
    const decoder = builtInDecoder();
    decoder.decode(messageOf(topic('NBIRTH'), payloadOf([{ name: 'x', alias: 1, value: 1 }], 0)));
    const old = decoder.decode(past('NBIRTH', payloadOf([{ name: 'old', alias: 1, value: 5 }], 7)));
    expect(summaryOf(old).readings).toEqual(['G1/E1||old=5']);
    decoder.decode(past('NDEATH', payloadOf([])));
    const next = decoder.decode(messageOf(topic('NDATA'), payloadOf([{ alias: 1, value: 2 }], 1)));
    expect(summaryOf(next)).toEqual({ readings: ['G1/E1||x=2'], dropped: [], deadLetter: null });
  });

  test('explains what nothing else does', () => {
    const decoder = builtInDecoder();
    decoder.decode(past('NBIRTH', payloadOf([{ name: 'x', alias: 1, value: 1 }], 3)));
    const data = decoder.decode(past('NDATA', payloadOf([{ alias: 1, value: 2 }], 4)));
    expect(summaryOf(data).readings).toEqual(['G1/E1||x=2']);
  });
});

test('a birth of thousands of metrics is readings, all of them', () => {
  const metrics = Array.from({ length: 8192 }, (_, alias) => ({
    name: `tag${alias}`,
    alias,
    value: alias,
  }));
  const decoder = builtInDecoder();
  const { readings, deadLetter } = decoder.decode(
    messageOf('spBv1.0/G1/NBIRTH/E1', payloadOf(metrics)),
  );
  expect([readings.length, deadLetter]).toEqual([8192, null]);
  const last = decoder.decode(
    messageOf('spBv1.0/G1/NDATA/E1', payloadOf([{ alias: 8191, value: 1 }])),
  );
  expect(summaryOf(last).readings).toEqual(['G1/E1||tag8191=1']);
});
