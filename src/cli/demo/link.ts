// One thermometer's connection to the broker, over real MQTT with QoS 1.

import { connect, type IClientOptions, type MqttClient } from 'mqtt';
import type { Message } from './make.ts';
import type { Thermometer } from './thermometer.ts';

/** Messages without an acknowledgement; beyond it the thermometer waits. */
const unacknowledgedMax = 20;

export interface BrokerEndpoint {
  readonly host: string;
  readonly port: number;
}

export class Link {
  readonly #options: IClientOptions;
  readonly #presenceTopic: string | null;
  readonly #troubled: (error: Error) => void;
  #client: MqttClient | null = null;
  #unacknowledged = 0;

  constructor(
    { device, make }: Thermometer,
    broker: BrokerEndpoint,
    troubled: (error: Error) => void,
  ) {
    this.#presenceTopic = make.presenceTopic?.(device) ?? null;
    this.#troubled = troubled;
    this.#options = {
      ...broker,
      protocol: 'mqtt',
      clientId: `demo-${device}`,
      reconnectPeriod: 1000,
      ...(this.#presenceTopic === null
        ? {}
        : {
            will: {
              topic: this.#presenceTopic,
              payload: Buffer.from('Offline'),
              qos: 1,
              retain: true,
            },
          }),
    };
  }

  /** False while it is not connected, or the broker is behind with its acknowledgements. */
  get isReady(): boolean {
    return this.#client?.connected === true && this.#unacknowledged < unacknowledgedMax;
  }

  open(messages: readonly Message[] = []): void {
    const client = connect(this.#options);
    this.#client = client;
    this.#unacknowledged = 0;
    client.on('error', this.#troubled);
    client.once('connect', () => {
      const topic = this.#presenceTopic;
      if (topic !== null) this.#publish({ topic, payload: 'Online', isResend: false }, true);
      this.send(messages);
    });
  }

  send(messages: readonly Message[]): void {
    for (const message of messages) this.#publish(message, false);
  }

  /** As when the power fails: no goodbye. */
  cut(): void {
    const client = this.#client;
    this.#client = null;
    client?.end(true);
  }

  close(): void {
    this.#client?.end();
    this.#client = null;
  }

  #publish({ topic, payload, isResend }: Message, retain: boolean): void {
    const client = this.#client;
    if (client === null) return;
    this.#unacknowledged += 1;
    const bytes = typeof payload === 'string' ? payload : Buffer.from(payload);
    client.publish(topic, bytes, { qos: 1, retain, dup: isResend }, () => {
      // An error means that the connection was cut, as the script has it.
      if (this.#client === client) this.#unacknowledged -= 1;
    });
  }
}
