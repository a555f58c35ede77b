// Counts what the serial ports do and tells of what goes wrong with them. A device that misbehaves does
// so all day: its warnings are counted, not all written.

import { Counter, Gauge, Registry } from 'prom-client';
import type { Logger } from './logger.ts';
import { type MetricNote, noteMetrics } from './metric-notes.ts';
import { rateLimited } from './rate-limited.ts';

const WARNING_INTERVAL_MS = 10_000;
const MS_PER_SECOND = 1000;

interface PortStatus {
  readonly name: string;
  readonly isOpen: boolean;
}

/** Ports are as many as the config names, and reasons come out of closed lists. */
type PortLabels = 'port';
type ReasonLabels = 'port' | 'reason';

export class SerialWatch {
  readonly #logger: Logger;
  readonly #limited: ReturnType<typeof rateLimited>;
  readonly #registry = new Registry();
  readonly #bytes: Counter<PortLabels>;
  readonly #frames: Counter<PortLabels>;
  readonly #faults: Counter<ReasonLabels>;
  readonly #discarded: Counter<ReasonLabels>;
  readonly #gaps: Counter<PortLabels>;
  readonly #gapSeconds: Counter<PortLabels>;
  readonly #failures: Counter<ReasonLabels>;

  constructor(logger: Logger, status: () => readonly PortStatus[]) {
    this.#logger = logger;
    this.#limited = rateLimited(logger, WARNING_INTERVAL_MS);
    const registers = [this.#registry];
    const perPort = (name: string, help: string): Counter<PortLabels> =>
      new Counter({ name, help, labelNames: ['port'], registers });
    const perReason = (name: string, help: string): Counter<ReasonLabels> =>
      new Counter({ name, help, labelNames: ['port', 'reason'], registers });
    this.#bytes = perPort(
      'millpond_serial_received_bytes_total',
      'Bytes read from a serial port. None from an open port: a wrong baud rate, or a silent device.',
    );
    this.#frames = perPort(
      'millpond_serial_frames_total',
      'Frames read from a serial port. None though bytes come: the wrong framing.',
    );
    this.#faults = perReason(
      'millpond_serial_frame_faults_total',
      'Frames that became dead letters for what the framing found. Many of checksum: a bad cable, or a wrong baud rate.',
    );
    this.#discarded = perReason(
      'millpond_serial_discarded_bytes_total',
      'Bytes that were of no whole frame. docs/serial.md says what the reasons mean.',
    );
    this.#gaps = perPort(
      'millpond_serial_gaps_total',
      'Times that an open port was lost: a loose plug, a hub without power.',
    );
    this.#gapSeconds = perPort(
      'millpond_serial_gap_seconds_total',
      'How long ports that are back were away.',
    );
    this.#failures = perReason(
      'millpond_modbus_failures_total',
      'Requests to Modbus slaves that brought no readings. timeout: the address, the wiring or the baud rate.',
    );
    new Gauge({
      name: 'millpond_serial_port_open',
      help: '1 while the port is open. At 0 the log and `millpond status` say what is wrong.',
      labelNames: ['port'],
      registers,
      collect() {
        for (const { name, isOpen } of status()) this.set({ port: name }, isOpen ? 1 : 0);
      },
    });
  }

  opened(port: string, gapMs: number | null): void {
    if (gapMs === null) {
      this.#logger.info({ port }, 'serial port open');
      return;
    }
    this.#gapSeconds.inc({ port }, gapMs / MS_PER_SECOND);
    this.#limited.warn({ port, gapMs: Math.round(gapMs) }, 'serial port is back after a gap');
  }

  closed(port: string, problem: string): void {
    this.#gaps.inc({ port });
    this.#limited.warn({ port, problem }, 'serial port lost');
  }

  failing(port: string, problem: string): void {
    this.#logger.warn({ port, problem }, 'serial port not open; tried again until it is');
  }

  received(port: string, bytes: number): void {
    this.#bytes.inc({ port }, bytes);
  }

  frame(port: string, fault: string | null): void {
    this.#frames.inc({ port });
    if (fault !== null) this.#faults.inc({ port, reason: fault });
  }

  discarded(port: string, bytes: number, reason: string): void {
    this.#discarded.inc({ port, reason }, bytes);
  }

  notStored(port: string, error: Error): void {
    this.#limited.error({ port, err: error }, 'a frame was not stored');
  }

  modbusFailed(port: string, slave: number, failure: string, detail: string): void {
    this.#failures.inc({ port, reason: failure });
    this.#limited.warn({ port, slave, reason: failure, detail }, 'no readings from a Modbus slave');
  }

  /** Prometheus' text format. */
  text(): Promise<string> {
    return this.#registry.metrics();
  }

  notes(): MetricNote[] {
    return noteMetrics(this.#registry);
  }
}
