// What a make of thermometers is to the demo: the topics and payloads of one firmware, in health and
// in the troubles it is known for.

import type { Sample } from './climate.ts';

export interface Message {
  readonly topic: string;
  readonly payload: string | Uint8Array;
  /** Sent once more, because no acknowledgement had come for it. */
  readonly isResend: boolean;
}

export interface Measurement extends Sample {
  readonly device: string;
  /** The true time, milliseconds since the Unix epoch. */
  readonly atMs: number;
  /** Counts the measurements of the device from 0. */
  readonly number: number;
}

export interface Make {
  readonly title: string;
  /** The device's name on its topics; `number` is unique in the fleet. */
  readonly deviceName: (place: string, number: number) => string;
  readonly message: (measurement: Measurement) => Message;
  /** Troubles in what it sends, each a message in place of a good one. */
  readonly troubles: readonly ((measurement: Measurement) => Message)[];
  /** After a lost connection it sends what it measured meanwhile; the others forget it. */
  readonly keepsUnsent: boolean;
  /** The topic that says whether it is there, kept by the broker. */
  readonly presenceTopic?: (device: string) => string;
}

/** A message sent for the first time; what is not text or bytes is sent as JSON. */
export function messageOf(topic: string, payload: string | Uint8Array | object): Message {
  const isRaw = typeof payload === 'string' || payload instanceof Uint8Array;
  return { topic, payload: isRaw ? payload : JSON.stringify(payload), isResend: false };
}

export function rounded(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
