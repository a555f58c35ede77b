// What a built-in decoder is: the reader of a protocol of its own (Sparkplug B, SenML, …) that a profile
// names with `decoder:`. It finds records; names, units, plausibility and clocks are judged behind it.

import type { DeadLetterReason, DropReason } from '../../core/contracts.ts';

/** One value as the protocol has it, in its own unit. */
export interface BuiltinRecord {
  /** What the protocol calls it: looked up as a JSON key would be, or taken by a reading of the profile. */
  readonly name: string;
  /** A text becomes a text reading; NaN and infinities are left out. */
  readonly value: number | string;
  /** Left out: the unit in the name, else the canonical one. */
  readonly unit?: string | undefined;
  /** Left out: the device of the profile (its template, or {device} of the topic). */
  readonly device?: string | undefined;
  readonly channel?: string | undefined;
  /**
   * Microseconds since the epoch, or a code of device-time.ts. Left out: the time that the profile read
   * beside it, else that of arrival.
   */
  readonly timeUs?: number | undefined;
  /** Kept back by the device and sent late, so that a time long past is no sign of a wrong clock. */
  readonly isHistorical?: boolean | undefined;
}

/** Takes what is found. None of it throws, and none need be called. */
export interface BuiltinSink {
  add(record: BuiltinRecord): void;
  drop(reason: DropReason): void;
  /** The message becomes a dead letter; records given before it stay. The first reason counts. */
  reject(reason: DeadLetterReason, detail: string): void;
  /** A node is to be asked for its birth, by a command on this topic. */
  wantRebirth(topic: string): void;
  /** True when the message has had its share of readings: stop. */
  readonly isOver: boolean;
}

export interface BuiltinContext {
  readonly topic: string;
  readonly receivedAtUs: number;
  /** The profile's device, judged; empty where it names none. */
  readonly device: string;
  /** What the profile's `argument` came to, as "{.servicedatauuid}"; empty where it has none. */
  readonly argument: string;
  /** The message came long ago: what is remembered of later ones is not to change by it. */
  readonly isPast: boolean;
}

/**
 * Total: whatever the bytes, it answers within their size's time and does not throw (what it throws all
 * the same is a dead letter `decoder_fault`). What it remembers between messages it bounds itself.
 */
export interface BuiltinDecoder {
  decode(payload: Uint8Array, context: BuiltinContext, sink: BuiltinSink): void;
  /** Most readings of one message, where the protocol has messages of more than any other's. */
  readonly readingsMax?: number;
}

/**
 * Called once for each thread; an instance lives on when profiles are reloaded.
 */
export type BuiltinFactory = () => BuiltinDecoder;

/** By the name that a profile's `decoder` says. */
export type BuiltinFactories = ReadonlyMap<string, BuiltinFactory>;
