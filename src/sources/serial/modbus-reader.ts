// A Modbus RTU bus of which the gateway is the master: asks each slave for its registers, one request at
// a time, and hands each answer over as it came. A slave that does not answer costs the others one time-out
// a round. Only this file and modbus-wire.ts know the library.

import modbusSerial from 'modbus-serial';
import type { ModbusRequest } from '../../core/modbus-plan.ts';
import { planRequests } from '../../core/modbus-plan.ts';
import type { SerialPortConfig } from '../../core/serial-config.ts';
import { modbusTopic, sourceNameOf } from '../../core/serial-config.ts';
import { Acceptance } from './acceptance.ts';
import { ModbusWire } from './modbus-wire.ts';
import { PortLink } from './port-link.ts';
import { PortState } from './port-state.ts';
import type { PortReader, PortStatus } from './reader.ts';
import type { ReaderParts } from './reader-parts.ts';
import type { ModbusFailure, SerialEvents } from './serial-events.ts';

/** A frame ends with 3.5 characters of silence, 1.75 ms above 19200 baud (MODBUS over serial line, 2.5.1.1). */
const PAUSE_MS_MIN = 2;
const BITS_OF_PAUSE = 3.5 * 11;
/** After a failure the rest of the answer may still come; it is no part of the next one. */
const REST_MS = 100;
/**
 * An answer does not say which registers it has. One that comes late would be taken for that to the slave's
 * next request, so a slave that missed its time-out is left alone until so many of them are over.
 */
const LATE_TIMEOUTS = 3;

interface Failure {
  readonly kind: ModbusFailure;
  readonly detail: string;
}

export class ModbusReader implements PortReader {
  readonly #config: Extract<SerialPortConfig, { kind: 'modbus' }>;
  readonly #events: SerialEvents;
  readonly #state: PortState;
  readonly #acceptance: Acceptance;
  readonly #link: PortLink;
  readonly #wire: ModbusWire;
  readonly #master: InstanceType<typeof modbusSerial.default>;
  readonly #slaveProblems = new Map<number, string>();
  /** By slave, on the clock of `performance`: until when an answer may still come. */
  readonly #lateUntilMs = new Map<number, number>();
  #roundTimer: NodeJS.Timeout | undefined;
  #round: Promise<void> = Promise.resolve();
  #isStopped = false;
  #endRequest: (failure: Failure) => void = () => undefined;
  #endPause: () => void = () => undefined;

  constructor(config: Extract<SerialPortConfig, { kind: 'modbus' }>, parts: ReaderParts) {
    const { name, path, line } = config;
    const { intake, clock, events } = parts;
    this.#config = config;
    this.#events = events;
    this.#state = new PortState({ name, path, clock, events });
    const source = sourceNameOf(config);
    this.#acceptance = new Acceptance({ intake, clock, events, port: name, source });
    this.#link = new PortLink({
      path,
      line,
      handlers: {
        opened: () => this.#state.opened(),
        closed: (problem) => this.#closed(problem),
        failing: (problem) => this.#state.failing(problem),
        data: (bytes) => {
          events.received(name, bytes.length);
          if (!this.#wire.take(bytes)) events.discarded(name, bytes.length, 'noise');
        },
      },
    });
    this.#wire = new ModbusWire({
      write: (bytes) => this.#link.write(bytes),
      isOpen: () => this.#link.isOpen,
    });
    this.#master = new modbusSerial.default(this.#wire);
    this.#master.setTimeout(config.modbus.timeoutMs);
    this.#master.open(() => undefined);
  }

  async start(): Promise<void> {
    await this.#link.start();
    this.#startRound();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    clearTimeout(this.#roundTimer);
    this.#endPause();
    this.#endRequest({ kind: 'port_closed', detail: 'the gateway stops' });
    await this.#round;
    await this.#link.stop();
    await this.#acceptance.settled();
  }

  status(): PortStatus {
    const status = this.#state.status();
    const [problem = null] = this.#slaveProblems.values();
    return { ...status, problem: status.problem ?? problem };
  }

  #closed(problem: string | null): void {
    if (problem === null) this.#state.stopped();
    else this.#state.closed(problem);
    this.#endRequest({ kind: 'port_closed', detail: problem ?? 'the gateway stops' });
  }

  #startRound(): void {
    if (this.#isStopped) return;
    const startedAtMs = performance.now();
    this.#round = this.#poll().then(() => {
      if (this.#isStopped) return;
      const tookMs = performance.now() - startedAtMs;
      const restMs = Math.max(0, this.#config.modbus.intervalMs - tookMs);
      this.#roundTimer = setTimeout(() => this.#whenDrained(), restMs);
    });
  }

  #whenDrained(): void {
    if (this.#acceptance.isFull) this.#acceptance.onceDrained(() => this.#startRound());
    else this.#startRound();
  }

  async #poll(): Promise<void> {
    for (const slave of this.#config.modbus.slaves) {
      for (const request of planRequests(slave)) {
        if (this.#isStopped || !this.#link.isOpen) return;
        if (performance.now() < (this.#lateUntilMs.get(slave.slave) ?? 0)) break;
        const askedAtMs = performance.now();
        const failure = await this.#ask(request);
        this.#note(request, failure);
        if (failure?.kind === 'timeout') {
          const lateMs = LATE_TIMEOUTS * this.#config.modbus.timeoutMs;
          this.#lateUntilMs.set(slave.slave, askedAtMs + lateMs);
        }
        await this.#pause(failure === null ? this.#pauseMs() : REST_MS);
      }
    }
  }

  /** Null when the answer was sound, and handed over. */
  async #ask(request: ModbusRequest): Promise<Failure | null> {
    const topic = modbusTopic(this.#config.name, request);
    this.#wire.begin(request);
    const answer = await this.#send(request);
    const bytes = this.#wire.end();
    if (answer === null) {
      this.#acceptance.accept(topic, bytes, null);
    } else if (answer.kind === 'bad_answer' || (answer.kind === 'timeout' && bytes.length > 0)) {
      const fault = answer.detail.includes('CRC') ? 'checksum' : 'frame_invalid';
      this.#acceptance.accept(topic, bytes, fault);
    }
    return answer;
  }

  #send({ slave, functionCode, address, count }: ModbusRequest): Promise<Failure | null> {
    return new Promise((resolve) => {
      this.#endRequest = resolve;
      const answered = (error: Error | null): void => {
        resolve(error === null || error === undefined ? null : failureOf(error));
      };
      const master = this.#master;
      if (functionCode === 1) master.writeFC1(slave, address, count, answered);
      else if (functionCode === 2) master.writeFC2(slave, address, count, answered);
      else if (functionCode === 3) master.writeFC3(slave, address, count, answered);
      else master.writeFC4(slave, address, count, answered);
    });
  }

  #note({ slave }: ModbusRequest, failure: Failure | null): void {
    if (failure === null) {
      this.#slaveProblems.delete(slave);
      return;
    }
    if (failure.kind === 'port_closed') return;
    this.#slaveProblems.set(slave, `slave ${slave}: ${failure.detail}`);
    this.#events.modbusFailed(this.#config.name, slave, failure.kind, failure.detail);
  }

  #pauseMs(): number {
    return Math.max(PAUSE_MS_MIN, (BITS_OF_PAUSE * 1000) / this.#config.line.baudRate);
  }

  #pause(ms: number): Promise<void> {
    if (this.#isStopped) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#endPause = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

function failureOf(error: Error & { errno?: unknown; modbusCode?: unknown }): Failure {
  if (error.errno === 'ETIMEDOUT') return { kind: 'timeout', detail: 'does not answer in time' };
  if (error.errno === 'ECONNREFUSED') return { kind: 'port_closed', detail: 'the port is closed' };
  if (error.modbusCode !== undefined) return { kind: 'exception', detail: error.message };
  return { kind: 'bad_answer', detail: error.message };
}
