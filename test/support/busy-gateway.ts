// A gateway with everything going on that a metric or a panel tells of: MQTT, a serial port, Publish,
// a follower, a consumer that lags, a group, a query, dead letters, values left out, refusals.

import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { connectAsync, type MqttClient } from 'mqtt';
import type { TelemetryServiceClient } from '../../src/generated/millpond/v1/telemetry_service.ts';
import { Follower } from './follower.ts';
import { type Addresses, type GatewayProcess, portOf, startGateway } from './gateway.ts';
import { Member } from './member.ts';
import { PtyPair } from './pty.ts';
import { publishAll, rawRequest, readingsRequest } from './publish.ts';
import { query } from './query.ts';
import { collectEvents, connectTelemetry } from './readings.ts';

const CONFIG = `
serial:
  - { name: scale, path: PORT, baudRate: 9600, framing: lines }
streams:
  - name: power
    match: { metrics: [power] }
    retention: { hardBytes: 10MB, protect: [archive] }
  - name: readings
    retention: { age: 7d }
`;

export class BusyGateway {
  readonly gateway: GatewayProcess;
  readonly mqtt: MqttClient;
  readonly telemetry: TelemetryServiceClient;
  readonly member: Member;
  readonly #pair: PtyPair;
  readonly #follower: Follower;
  #round = 0;

  private constructor(
    gateway: GatewayProcess,
    { mqtt, pair }: { mqtt: MqttClient; pair: PtyPair },
  ) {
    this.gateway = gateway;
    this.mqtt = mqtt;
    this.#pair = pair;
    this.telemetry = connectTelemetry(gateway.addresses.grpc);
    this.#follower = new Follower(this.telemetry, { consumer: 'follower' }).read();
    this.member = new Member(this.telemetry, { group: 'workers' });
  }

  get addresses(): Addresses {
    return this.gateway.addresses;
  }

  /** In a folder that the caller removes after `stop`. */
  static async start(folder: string, env: Record<string, string> = {}): Promise<BusyGateway> {
    const pair = await PtyPair.open(folder, 'scale');
    const config = join(folder, 'millpond.yaml');
    writeFileSync(config, CONFIG.replace('PORT', pair.port));
    const gateway = await startGateway(join(folder, 'data'), env, ['--config', config]);
    const mqtt = await connectAsync(`mqtt://${gateway.addresses.mqtt}`, { reconnectPeriod: 0 });
    const busy = new BusyGateway(gateway, { mqtt, pair });
    await busy.member.join();
    busy.member.credit(100);
    await busy.#once();
    await busy.round();
    return busy;
  }

  /** Some of everything that goes on all the time; all of it is stored when it resolves. */
  async round(): Promise<void> {
    const round = this.#round++;
    const sent = ['attic', 'cellar', 'shed'].flatMap((room, index) => [
      this.#send(`home/${room}/temperature`, `${20 + index + (round % 5)}`),
      this.#send(`home/${room}/power`, `${100 + round}`),
    ]);
    await Promise.all([
      ...sent,
      this.#send('home/attic/temperature', 'nan'),
      this.#send('home/attic/broken', '{"temperature": '),
      this.#pair.write(`weight=${round}\r\n`),
      publishAll(this.telemetry, [
        readingsRequest([{ device: 'press', value: { $case: 'number', value: round } }]),
        rawRequest('home/press/temperature', '40'),
      ]),
    ]);
    await query(this.telemetry, 'select count(*) from readings');
    await this.member.until(() => this.member.delivered.length > 0);
    this.member.ack(...this.member.offsets.slice(-1));
  }

  async stop(): Promise<void> {
    this.member.die();
    this.#follower.call.cancel();
    await this.mqtt.endAsync(true).catch(() => undefined);
    this.telemetry.close();
    await this.gateway.kill();
    await this.#pair.close();
  }

  /** What need not go on: a consumer that stands still, refusals, a message for a subscriber. */
  async #once(): Promise<void> {
    await this.mqtt.subscribeAsync('home/#');
    await this.#send('home/attic/humidity', '50', true);
    await this.round();
    await collectEvents(this.telemetry, { consumer: 'archive', stream: 'power', stopAtEnd: true });
    await new Promise<void>((resolve, reject) => {
      const request = { stream: 'power', consumer: 'archive', nextOffset: 1n };
      this.telemetry.commit(request, (error) => (error === null ? resolve() : reject(error)));
    });
    await query(this.telemetry, 'select from where').catch(() => undefined);
    const socket = connect(portOf(this.addresses.mqtt), '127.0.0.1');
    // No packet is of type 0.
    socket.write(Uint8Array.of(0, 0));
    socket.resume();
    await once(socket, 'close');
  }

  async #send(topic: string, payload: string, retain = false): Promise<void> {
    await this.mqtt.publishAsync(topic, payload, { qos: 1, retain });
  }
}
