// What the tests of the serial source share: a pty pair in a folder of its own, and a source that reads it.
import { onTestFinished } from 'vitest';
import type { FrameFault } from '../../src/core/raw-message.ts';
import type {
  ModbusMaster,
  SerialFraming,
  SerialPortConfig,
} from '../../src/core/serial-config.ts';
import type { ModbusFailure, SerialEvents } from '../../src/sources/serial/serial-events.ts';
import { createSerialSource, type SerialSource } from '../../src/sources/serial/serial-source.ts';
import { PtyPair } from '../support/pty.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { Arrivals, FakeIntake } from './mqtt-rig.ts';

export const line = { baudRate: 115_200, dataBits: 8, parity: 'none', stopBits: 1 } as const;
export const lines: SerialFraming = { kind: 'lines', ending: 'any', bytesMax: 1024, idleMs: 0 };

export class RecordedSerialEvents implements SerialEvents {
  readonly openings = new Arrivals<{ port: string; gapMs: number | null }>();
  readonly losses = new Arrivals<string>();
  readonly problems = new Arrivals<string>();
  readonly failures = new Arrivals<{ slave: number; failure: ModbusFailure; detail: string }>();
  readonly discards = new Arrivals<{ bytes: number; reason: string }>();
  readonly faults: FrameFault[] = [];
  readonly notStoredErrors: Error[] = [];

  opened(port: string, gapMs: number | null): void {
    this.openings.add({ port, gapMs });
  }
  closed(_port: string, problem: string): void {
    this.losses.add(problem);
  }
  failing(_port: string, problem: string): void {
    this.problems.add(problem);
  }
  received(): void {}
  frame(_port: string, fault: FrameFault | null): void {
    if (fault !== null) this.faults.push(fault);
  }
  discarded(_port: string, bytes: number, reason: string): void {
    this.discards.add({ bytes, reason });
  }
  notStored(_port: string, error: Error): void {
    this.notStoredErrors.push(error);
  }
  modbusFailed(_port: string, slave: number, failure: ModbusFailure, detail: string): void {
    this.failures.add({ slave, failure, detail });
  }
}

export interface SerialRig {
  readonly folder: string;
  readonly path: string;
  readonly intake: FakeIntake;
  readonly events: RecordedSerialEvents;
  readonly source: SerialSource;
  /** Plugs a device in, and out again when the test has finished. */
  plug(): Promise<PtyPair>;
}

/** A source for the port `tty` in a folder of its own; it is not started. */
export function serialRig(
  kind: { framing: SerialFraming } | { modbus: ModbusMaster } = { framing: lines },
): SerialRig {
  const folder = tempFolder();
  const path = `${folder}/tty`;
  const intake = new FakeIntake();
  const events = new RecordedSerialEvents();
  const named = { name: 'tty', path, profile: '', line };
  const port: SerialPortConfig =
    'framing' in kind
      ? { ...named, kind: 'frames', ...kind }
      : { ...named, kind: 'modbus', ...kind };
  const source = createSerialSource({ intake, events, ports: [port] });
  onTestFinished(() => source.stop());
  return {
    folder,
    path,
    intake,
    events,
    source,
    async plug() {
      const pair = await PtyPair.open(folder, 'tty');
      onTestFinished(() => pair.close());
      return pair;
    },
  };
}
