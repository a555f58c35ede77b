// One refusal: why, with which MQTT 5 reason code, and in words for the log.

import type { MqttRefusal } from './mqtt-events.ts';

export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly reason: MqttRefusal;
  /** MQTT 5 reason code; 3.1.1 clients are only closed. */
  readonly reasonCode: number;

  constructor(reason: MqttRefusal, reasonCode: number, detail: string) {
    super(detail);
    this.reason = reason;
    this.reasonCode = reasonCode;
  }
}
