// What must hold between options, each of which is right by itself.

import { formatAddress } from '../core/listen-address.ts';
import { isLoopback } from './address.ts';
import type { Contradiction } from './problem.ts';
import type { ConfigOptions } from './schema.ts';
import { findSerialFaults } from './serial-rules.ts';
import { findStreamFaults } from './stream-rules.ts';

function findOpenAddresses(options: ConfigOptions): Contradiction[] {
  if (options.allowAnonymous) return [];
  return (['mqtt', 'grpc', 'http'] as const).flatMap((section) => {
    const { listen } = options[section];
    if (isLoopback(listen.host)) return [];
    return {
      path: [section, 'listen'],
      message: `is ${formatAddress(listen)}, which others than this machine can reach without saying who they are`,
      remedy: `listen on 127.0.0.1:${listen.port}, or set allowAnonymous: true if the network is trusted`,
      isOpen: true,
    };
  });
}

function findSharedPorts(options: ConfigOptions): Contradiction[] {
  const seen = new Map<string, string>();
  return (['mqtt', 'grpc', 'http'] as const).flatMap((section) => {
    const { listen } = options[section];
    const text = formatAddress(listen);
    const other = seen.get(text);
    seen.set(text, section);
    if (listen.port === 0 || other === undefined) return [];
    return {
      path: [section, 'listen'],
      message: `is ${text}, as is ${other}.listen`,
      remedy: 'give each a port of its own',
      isOpen: false,
    };
  });
}

function findSizesTooSmall({ mqtt, grpc, log }: ConfigOptions): Contradiction[] {
  const mustHold = [
    ['mqtt.inflightBytesMax', mqtt.inflightBytesMax, 'mqtt.packetBytesMax', mqtt.packetBytesMax],
    ['log.queueBytesMax', log.queueBytesMax, 'mqtt.packetBytesMax', mqtt.packetBytesMax],
    ['log.deadLetterBytesMax', log.deadLetterBytesMax, 'mqtt.packetBytesMax', mqtt.packetBytesMax],
    ['grpc.readAheadBytesMax', grpc.readAheadBytesMax, 'grpc.batchBytesMax', grpc.batchBytesMax],
    [
      'grpc.readAheadBytesMax',
      grpc.readAheadBytesMax,
      'grpc.arrowBatchBytesMax',
      grpc.arrowBatchBytesMax,
    ],
  ] as const;
  return mustHold.flatMap(([larger, largerBytes, smaller, smallerBytes]) => {
    if (largerBytes >= smallerBytes) return [];
    return {
      path: larger.split('.'),
      message: `is ${largerBytes} bytes, less than ${smaller} (${smallerBytes} bytes)`,
      remedy: `raise it or lower ${smaller}`,
      isOpen: false,
    };
  });
}

function findRoomTooSmall({ log }: ConfigOptions): Contradiction[] {
  const least = log.reserveBytes + log.checkpointBytes;
  if (log.bytesMax === 0 || log.bytesMax >= least) return [];
  return [
    {
      path: ['log', 'bytesMax'],
      message: `is ${log.bytesMax} bytes, less than log.reserveBytes and log.checkpointBytes together (${least} bytes)`,
      remedy: 'raise it, or lower them',
      isOpen: false,
    },
  ];
}

/** DuckDB has all of them in memory, more than once, when it moves its write-ahead log into the file. */
const DEAD_LETTERS_SHARE = 4;

function findDeadLettersTooLarge({ log }: ConfigOptions): Contradiction[] {
  const least = DEAD_LETTERS_SHARE * log.deadLetterBytesMax;
  if (log.duckdbMemoryMax >= least) return [];
  return [
    {
      path: ['log', 'deadLetterBytesMax'],
      message: `is ${log.deadLetterBytesMax} bytes, more than a quarter of log.duckdbMemoryMax (${log.duckdbMemoryMax} bytes)`,
      remedy: `lower it, or raise log.duckdbMemoryMax to ${least} bytes`,
      isOpen: false,
    },
  ];
}

export function findContradictions(options: ConfigOptions): Contradiction[] {
  return [
    ...findOpenAddresses(options),
    ...findSharedPorts(options),
    ...findSizesTooSmall(options),
    ...findDeadLettersTooLarge(options),
    ...findRoomTooSmall(options),
    ...findStreamFaults(options),
    ...findSerialFaults(options),
  ];
}
