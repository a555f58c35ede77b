// A built-in decoder at work for a profile: its records become readings by the profile's own entries
// where one has their name, and by the table of metrics otherwise.

import type { DeadLetterReason, DropReason } from '../core/contracts.ts';
import type { BuiltinContext, BuiltinRecord, BuiltinSink } from './builtin/contract.ts';
import type { Emission } from './emission.ts';
import type { Field } from './field.ts';
import { judgeName, quote } from './names.ts';
import type { PathAutomaton } from './path-automaton.ts';
import type { Template } from './template.ts';
import { renderTemplate } from './template.ts';

/** What a profile says of the decoder it names. */
export interface BuiltinCall {
  readonly name: string;
  readonly argument: Template | null;
  /** By a record's name. */
  readonly overrides: PathAutomaton<Field> | null;
  readonly numbers: Field;
  readonly texts: Field;
}

/** Decodes the bytes into the emission, whose device and time count where a record has none. */
export function runBuiltin(call: BuiltinCall, payload: Uint8Array, emission: Emission): void {
  const context: BuiltinContext = {
    topic: emission.topic,
    receivedAtUs: emission.receivedAtUs,
    device: emission.device,
    argument: call.argument === null ? '' : (renderTemplate(call.argument, emission) ?? ''),
    isPast: emission.isPast,
  };
  const decoder = emission.builtins.get(call.name);
  if (decoder.readingsMax !== undefined) emission.allow(decoder.readingsMax);
  decoder.decode(payload, context, new RecordSink(call, emission));
}

class RecordSink implements BuiltinSink {
  readonly #call: BuiltinCall;
  readonly #emission: Emission;
  readonly #device: string;
  readonly #measuredAtUs: number;
  readonly #quality: Emission['quality'];

  constructor(call: BuiltinCall, emission: Emission) {
    this.#call = call;
    this.#emission = emission;
    this.#device = emission.device;
    this.#measuredAtUs = emission.measuredAtUs;
    this.#quality = emission.quality;
  }

  get isOver(): boolean {
    return this.#emission.isOver;
  }

  drop(reason: DropReason): void {
    this.#emission.drop(reason);
  }

  reject(reason: DeadLetterReason, detail: string): void {
    this.#emission.reject(reason, detail);
  }

  wantRebirth(topic: string): void {
    this.#emission.rebirthTopic = topic;
  }

  add(record: BuiltinRecord): void {
    const emission = this.#emission;
    if (emission.isOver) return;
    const { value, timeUs } = record;
    if (typeof value === 'number' && !Number.isFinite(value)) {
      emission.drop('not_a_number');
      return;
    }
    const device = record.device ?? this.#device;
    const fault = judgeName(device);
    if (fault !== null) {
      emission.reject(fault, `the device ${quote(device)}`);
      return;
    }
    emission.device = device;
    if (timeUs === undefined) {
      emission.measuredAtUs = this.#measuredAtUs;
      emission.quality = this.#quality;
    } else {
      emission.useDeviceTime(timeUs, record.isHistorical);
    }
    emission.depth = 0;
    emission.containers[0] = record;
    for (const field of this.#fieldsOf(record)) field.emit(value, emission);
  }

  #fieldsOf({ name, value }: BuiltinRecord): readonly Field[] {
    const { overrides, numbers, texts } = this.#call;
    const transition = overrides?.start.next(name) ?? null;
    if (transition === null || transition.state.leaves.length === 0) {
      return [typeof value === 'number' ? numbers : texts];
    }
    const { writes } = transition;
    for (let at = 0; at < writes.length; at += 2) {
      this.#emission.slots[writes[at] as number] = writes[at + 1] as string;
    }
    return transition.state.leaves;
  }
}
