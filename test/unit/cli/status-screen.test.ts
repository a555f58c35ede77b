// The screen of `millpond status`, and its JSON.
import { describe, expect, test } from 'vitest';
import { statusJson } from '../../../src/cli/status/status-json.ts';
import { statusScreen } from '../../../src/cli/status/status-screen.ts';
import { type Look, plainLook } from '../../../src/cli/terminal/look.ts';
import { GetStatusResponse, OnFull } from '../../../src/generated/millpond/v1/admin_service.ts';

const nowMs = Date.parse('2025-06-01T12:00:00Z');

function agoUs(seconds: number): bigint {
  return BigInt(nowMs - seconds * 1000) * 1000n;
}

const status = GetStatusResponse.fromPartial({
  version: '1.2.3',
  startedAtUs: agoUs(11_520),
  nowUs: agoUs(0),
  ready: true,
  streams: [
    {
      stream: 'readings',
      lowWatermark: 1000n,
      highWatermark: 2_001_000n,
      sealedBytes: 12_000_000n,
      hotBytes: 3_000_000n,
      segments: 4n,
      retention: { ageUs: 604_800_000_000n, bytes: 52_428_800n, protect: ['slow'] },
      onFull: OnFull.ON_FULL_DROP_OLDEST,
    },
  ],
  consumers: [
    {
      stream: 'readings',
      consumer: 'quick',
      nextOffset: 2_001_000n,
      lag: 0n,
      committedAtUs: agoUs(2),
    },
    {
      stream: 'readings',
      consumer: 'slow',
      nextOffset: 1000n,
      lag: 2_000_000n,
      committedAtUs: agoUs(90_000),
      losesDataAtUs: agoUs(-45_000),
      isProtected: true,
    },
  ],
  deadLetters: 3n,
  devices: 12n,
  mqttConnections: 5,
  serialPorts: [],
  subscribers: 1,
  lost: { retention_bytes: 1400n, disk_full: 100n },
  disk: {
    freeBytes: 3_221_225_472n,
    sizeBytes: 8_589_934_592n,
    state: 'ok',
    fullAtUs: agoUs(-20 * 86_400),
  },
  delivered: 77n,
  flash: {
    payloadBytes: 5_242_880n,
    readings: 2_000_000n,
    writtenBytes: 31_457_280n,
    writtenBytesPerReading: 15.7,
    writtenBytesPerDay: 251_658_240,
  },
  recovery: { findings: 3 },
  producers: 2n,
  producersForgotten: 1n,
  log: {
    databaseBytes: 4_404_019n,
    walBytes: 0n,
    queueBytes: 2048n,
    commits: 1234n,
    commitMsP50: 1.26,
    commitMsP99: 6,
    series: 26n,
  },
});

const place = '127.0.0.1:50051';

test('fits on one screen, most important first, the laggards on top', () => {
  expect(statusScreen(status, place)).toEqual([
    'Millpond 1.2.3 at 127.0.0.1:50051: ready, up 3 h 12 min',
    '',
    'STREAM     READINGS  OLDEST  NEXT OFFSET   ON DISK  KEEPS',
    'readings  2,000,000    1000      2001000  14.3 MiB  7 d, 50.0 MiB',
    '',
    'CONSUMER  STREAM          LAG  NEXT OFFSET  LAST COMMIT  LOSES DATA',
    'slow      readings  2,000,000         1000  1 d 1 h ago  in 12 h 30 min',
    'quick     readings          0      2001000  2 s ago      -',
    '',
    'Dead letters  3',
    'Lost          1,500; see millpond losses',
    'Devices       12, in 26 series',
    'Connections   5 MQTT, 1 subscriber',
    'Log on disk   4.2 MiB database, 0 B write-ahead log; 2.0 KiB waiting',
    'Disk          3.0 GiB of 8.0 GiB free, full in 20 d at this rate',
    'Taken         5.0 MiB of payload, 2,000,000 readings',
    'Written       30.0 MiB; 16 B a reading, 240.0 MiB a day now',
    'Commits       1,234; of the last thousand half within 1.3 ms, 99 % within 6.0 ms',
    'Last start    put 3 things right; see millpond doctor',
  ]);
  expect(statusScreen(status, place).filter((line) => line.length > 80)).toEqual([]);
});

test('says how many devices are silent', () => {
  const line = statusScreen({ ...status, staleDevices: 3n }, place).find((one) =>
    one.startsWith('Devices'),
  );
  expect(line).toBe('Devices       12, in 26 series; 3 STALE, see millpond devices --stale');
});

test('says why it is not ready, without control characters', () => {
  const lines = statusScreen({ ...status, ready: false, problem: 'disk \u001b[2Jfull' }, place);
  expect(lines[0]).toContain('NOT READY');
  expect(lines[1]).toBe('  why: disk \\u001b[2Jfull');
});

describe('alerts', () => {
  const notReady = {
    code: 'not_ready',
    severity: 'critical',
    subject: '',
    message: 'No readings are taken: no space \u001b[2Jleft',
    remedy: 'Make room on the disk.',
  };
  const stalled = {
    code: 'consumer_stalled',
    severity: 'warning',
    subject: 'readings/slow',
    message: 'It reads and does not commit. It is 7 readings behind.',
    remedy: 'Look at the program that reads as this consumer.',
    sinceUs: agoUs(200),
  };
  const alerting = { ...status, alerts: [notReady, stalled] };

  test('stand above the rest, each with what to do about it', () => {
    const lines = statusScreen({ ...alerting, ready: false, problem: 'told already' }, place);
    expect(lines.slice(0, 8)).toEqual([
      'Millpond 1.2.3 at 127.0.0.1:50051: NOT READY, up 3 h 12 min',
      '',
      'CRITICAL: No readings are taken: no space \\u001b[2Jleft',
      '    Make room on the disk.',
      'WARNING readings/slow for 3 min 20 s: It reads and does not commit. It is 7 readings behind.',
      '    Look at the program that reads as this consumer.',
      '',
      expect.stringMatching(/^STREAM/),
    ]);
  });

  test('are broken between words on a narrow terminal, and cut where a word is wider', () => {
    const wide = { ...stalled, subject: 'a'.repeat(60) };
    const narrow = statusScreen({ ...alerting, alerts: [stalled, wide] }, place, {
      ...plainLook,
      width: 40,
    });
    expect(narrow.slice(2, 8)).toEqual([
      'WARNING readings/slow for 3 min 20 s: It',
      'reads and does not commit. It is 7',
      'readings behind.',
      '    Look at the program that reads as',
      '    this consumer.',
      'WARNING',
    ]);
    expect(narrow[8]).toBe(`${'a'.repeat(39)}…`);
  });

  test('have the colour of their weight', () => {
    const look: Look = { ...plainLook, paint: (tone, text) => `<${tone}>${text}</${tone}>` };
    const lines = statusScreen(alerting, place, look);
    expect(lines[2]).toMatch(/^<problem>CRITICAL<\/problem>: No readings/);
    expect(lines[3]).toBe('    <faint>Make room on the disk.</faint>');
    expect(lines[4]).toMatch(/^<warning>WARNING<\/warning> readings\/slow for/);
  });

  test('are as many as fit on a screen', () => {
    const many = (count: number) => {
      const lines = statusScreen({ ...status, alerts: Array(count).fill(notReady) }, place);
      return lines.slice(2, lines.indexOf('', 2));
    };
    expect(many(10)).toHaveLength(20);
    expect(many(11)).toHaveLength(19);
    expect(many(100).slice(-2)).toEqual(['    Make room on the disk.', 'and 91 more']);
  });

  test('are in the JSON as they are in REST', () => {
    const { subject, message, remedy } = stalled;
    expect(JSON.parse(statusJson(alerting)).alerts).toEqual([
      { ...notReady, since: null },
      {
        code: 'consumer_stalled',
        severity: 'warning',
        subject,
        message,
        remedy,
        since: '2025-06-01T11:56:40.000000Z',
      },
    ]);
    expect(JSON.parse(statusJson(status)).alerts).toEqual([]);
  });
});

test('a fresh gateway has no consumers and no commits', () => {
  const fresh = GetStatusResponse.fromPartial({ ready: true, log: {} });
  const lines = statusScreen(fresh, place).join('\n');
  expect(lines).toContain('No consumer has committed an offset yet.');
  expect(lines).toContain('none yet');
});

test('says who loses data now, who is protected, what is full and what is not known', () => {
  const lines = statusScreen(
    {
      ...status,
      streams: [{ ...status.streams[0]!, isFull: true }],
      consumers: [
        { ...status.consumers[0]!, consumer: 'losing', losesDataAtUs: agoUs(5), lag: 1n },
        { ...status.consumers[0]!, consumer: 'kept', isProtected: true },
      ],
      disk: { freeBytes: 0n, sizeBytes: 8_589_934_592n, state: 'read_only' },
      flash: { payloadBytes: 0n, readings: 0n },
      lost: {},
    },
    place,
  ).join('\n');
  expect(lines).toMatch(/^losing .* NOW$/m);
  expect(lines).toMatch(/^kept .* protected$/m);
  expect(lines).toMatch(/^readings .* 7 d, 50\.0 MiB, FULL$/m);
  expect(lines).toMatch(/^Disk +0 B of 8\.0 GiB free; READ ONLY$/m);
  expect(lines).toMatch(/^Written +unknown$/m);
  expect(lines).toMatch(/^Lost +nothing$/m);
});

test('many consumers do not push the rest off the screen', () => {
  const consumers = Array.from({ length: 500 }, (_, number) => ({
    ...status.consumers[0]!,
    consumer: `c${number}`,
    lag: BigInt(number),
  }));
  const lines = statusScreen({ ...status, consumers }, place);
  expect(lines.length).toBeLessThan(40);
  expect(lines.join('\n')).toContain('c499 ');
  expect(lines).toContain('and 480 more, which lag less');
});

test('JSON has all of it, offsets as texts', () => {
  const parsed = JSON.parse(statusJson(status));
  expect(parsed).toMatchObject({
    ready: true,
    problem: null,
    startedAt: '2025-06-01T08:48:00.000000Z',
    now: '2025-06-01T12:00:00.000000Z',
    streams: [
      {
        stream: 'readings',
        lowWatermark: '1000',
        highWatermark: '2001000',
        retention: { ageSeconds: 604_800, bytes: 52_428_800, hardBytes: null, protect: ['slow'] },
        onFull: 'drop-oldest',
      },
    ],
    deadLetters: 3,
    delivered: 77,
    disk: { fullAt: '2025-06-21T12:00:00.000000Z' },
    lost: { retention_bytes: 1400, disk_full: 100 },
    flash: { writtenBytes: 31_457_280, writtenBytesPerReading: 15.7 },
    log: { databaseBytes: 4_404_019, commitMsP99: 6 },
  });
  expect(parsed.consumers[1]).toMatchObject({
    consumer: 'slow',
    nextOffset: '1000',
    lag: 2_000_000,
    losesDataAt: '2025-06-02T00:30:00.000000Z',
    isProtected: true,
  });
});

test('a serial port that is closed says what is wrong with it', () => {
  const serialPorts = [
    { name: 'meter', path: '/dev/ttyUSB0', isOpen: true, problem: '' },
    { name: 'bus', path: '/dev/ttyUSB1', isOpen: false, problem: 'is not there; plug it in' },
  ];
  const lines = statusScreen({ ...status, serialPorts }, 'x');
  expect(lines).toContain('meter  open    /dev/ttyUSB0');
  expect(lines).toContain('bus    CLOSED  /dev/ttyUSB1 is not there; plug it in');
});
