// The serial way in: every port of the config, each with a reader of its own. A port that is absent,
// busy or broken is told about and tried again, and holds up neither the start nor the other ports.

import type { Clock } from '../../core/clock.ts';
import { systemClock } from '../../core/clock.ts';
import type { Intake, Source } from '../../core/contracts.ts';
import type { SerialPortConfig } from '../../core/serial-config.ts';
import type { PortReader, PortStatus } from './reader.ts';
import type { ReaderParts } from './reader-parts.ts';
import type { SerialEvents } from './serial-events.ts';
import { silentEvents } from './serial-events.ts';

export interface SerialSourceParts {
  readonly intake: Intake;
  readonly ports: readonly SerialPortConfig[];
  readonly clock?: Clock;
  readonly events?: SerialEvents;
  /** How long stop() waits for what was accepted. */
  readonly stopTimeoutMs?: number;
}

export interface SerialSource extends Source {
  status(): PortStatus[];
}

const stopTimeoutMsByDefault = 10_000;
/** A driver that hangs in its open must not hold up the start. */
const startTimeoutMs = 2000;

export function createSerialSource(parts: SerialSourceParts): SerialSource {
  const { intake, ports, clock = systemClock, events = silentEvents } = parts;
  let readers: PortReader[] = [];
  let starting: Promise<void> | null = null;
  let stopped: Promise<void> | null = null;

  async function start(): Promise<void> {
    readers = await Promise.all(ports.map((port) => createReader(port, { intake, clock, events })));
    const started = Promise.all(readers.map((reader) => reader.start())).then(() => undefined);
    await within(startTimeoutMs, started);
  }

  async function stop(): Promise<void> {
    await starting;
    const all = Promise.all(readers.map((reader) => reader.stop())).then(() => undefined);
    await within(parts.stopTimeoutMs ?? stopTimeoutMsByDefault, all);
  }

  return {
    async start() {
      starting ??= start();
      await starting;
      return ports.map(({ path }) => path).join(' ');
    },
    stop: () => {
      stopped ??= stop();
      return stopped;
    },
    status: () => readers.map((reader) => reader.status()),
  };
}

/** The bindings and the Modbus library are loaded only where a port needs them. */
async function createReader(port: SerialPortConfig, parts: ReaderParts): Promise<PortReader> {
  switch (port.kind) {
    case 'frames':
      return new (await import('./frame-reader.ts')).FrameReader(port, parts);
    case 'modbus':
      return new (await import('./modbus-reader.ts')).ModbusReader(port, parts);
    case 'files':
      return new (await import('./file-reader.ts')).FileReader(port, parts);
  }
}

async function within(ms: number, promise: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([promise, timeout]);
  clearTimeout(timer);
}
