// The MQTT way in: a broker whose acknowledgements wait for the intake. Publishers send readings
// through it, subscribers use it as any other broker. Composes the parts and starts and stops them.

import type { Duplex } from 'node:stream';
import type { Clock } from '../../core/clock.ts';
import { systemClock } from '../../core/clock.ts';
import type { Intake, Source } from '../../core/contracts.ts';
import type { Broker } from './aedes-adapter.ts';
import { createBroker } from './aedes-adapter.ts';
import { BrokerStore } from './broker-store.ts';
import { Clients, spareConnections } from './clients.ts';
import type { MqttConfig } from './mqtt-config.ts';
import type { MqttEvents } from './mqtt-events.ts';
import { silentEvents } from './mqtt-events.ts';
import { PublishAcceptance } from './publish-acceptance.ts';
import { ReasonCode } from './reason-code.ts';
import { RetainedStore } from './retained-store.ts';
import { SessionStore } from './session-store.ts';
import { remoteAddress, TcpListener } from './tcp-listener.ts';
import { Valve } from './valve.ts';

export interface MqttSourceParts {
  readonly intake: Intake;
  readonly config: MqttConfig;
  readonly clock?: Clock;
  readonly events?: MqttEvents;
  /** How long stop() waits for what was accepted before it closes the connections anyway. */
  readonly stopTimeoutMs?: number;
}

export interface MqttStatus {
  /** Connections open, those before CONNECT included. */
  readonly connections: number;
  /** Sessions that outlive their connection, connected ones included. */
  readonly sessions: number;
  readonly retained: number;
  /** Taken and not settled: topics, payloads and a fixed overhead for each message. */
  readonly inflightBytes: number;
}

export interface MqttSource extends Source {
  /** Serves MQTT on a stream that came by another way than TCP, e.g. a WebSocket. */
  handle(stream: Duplex, address?: string): void;
  /** To whoever has subscribed, at QoS 0; it goes to no log. Nothing happens before the start. */
  publish(topic: string, payload: Uint8Array): void;
  status(): MqttStatus;
}

const stopTimeoutMsByDefault = 10_000;
/** Connections are told that the source stops, and get this long to close. */
const goodbyeMs = 2000;
/** Memory for retained messages, and for what waits for sessions: constants, not options, until
 *  somebody needs them to be. */
const retainedBytesMax = 64 * 1024 * 1024;
const queueBytesMax = 64 * 1024 * 1024;
const queueMessagesMax = 1000;
const keepaliveCheckMs = 500;
const sessionCheckMs = 30_000;

export function createMqttSource(parts: MqttSourceParts): MqttSource {
  const { intake, config, clock = systemClock, events = silentEvents } = parts;
  const nowMs = () => Math.floor(clock() / 1000);
  const valve = new Valve(intake, config.inflightBytesMax);
  const retained = new RetainedStore({
    messagesMax: config.retainedMax,
    bytesMax: retainedBytesMax,
  });
  const sessions = new SessionStore({
    sessionsMax: config.sessionsMax,
    subscriptionsMax: config.subscriptionsMax,
    queueMessagesMax,
    queueBytesMax,
    awayMsMax: config.sessionExpiryMsMax,
  });
  const away = (clientId: string) => ({ clientId, address: '', version: 0 });
  const store = new BrokerStore({
    sessions,
    retained,
    nowMs,
    onRetainedFull: (topic) => events.refused('retained_max', away(''), topic),
    onQueueFull: (id) => events.refused('session_queue_full', away(id), 'a message is dropped'),
  });
  const acceptance = new PublishAcceptance({
    intake,
    valve,
    clock,
    events,
    // The other half stays for those whose streams have room.
    heldBytesMax: config.inflightBytesMax / 2,
  });
  const clients = new Clients({ config, sessions, valve, events, acceptance, nowMs });
  const listener = new TcpListener({
    connectionsMax: config.connectionsMax + spareConnections,
    onConnection: (socket) => clients.handle(socket, remoteAddress(socket)),
    onDropped: (address) =>
      events.refused('connections_max', { ...away(''), address }, 'not answered'),
    onFault: (error) => events.failed(error),
  });
  const timers: NodeJS.Timeout[] = [];
  let broker: Broker | null = null;
  let stopped: Promise<void> | null = null;

  async function close(): Promise<void> {
    for (const timer of timers) clearInterval(timer);
    await broker?.close();
    clients.destroy();
  }

  async function stop(): Promise<void> {
    const listenerClosed = listener.close();
    const deadlineMs = performance.now() + (parts.stopTimeoutMs ?? stopTimeoutMsByDefault);
    clients.stop();
    valve.close();
    acceptance.stop();
    await before(deadlineMs, valve.settled());
    await before(deadlineMs, clients.flushed(deadlineMs));
    await before(performance.now() + goodbyeMs, clients.end(ReasonCode.serverShuttingDown));
    await close();
    await listenerClosed;
  }

  return {
    async start() {
      broker = await createBroker({ config, store, hooks: clients });
      clients.use(broker);
      timers.push(
        setInterval(() => clients.refreshHeld(), keepaliveCheckMs).unref(),
        setInterval(() => clients.expireSessions(), sessionCheckMs).unref(),
      );
      try {
        return await listener.listen(config.listen);
      } catch (error) {
        await close();
        throw error;
      }
    },
    stop: () => {
      stopped ??= stop();
      return stopped;
    },
    handle: (stream, address = '') => clients.handle(stream, address),
    publish: (topic, payload) => broker?.publish(topic, payload),
    status: () => ({
      connections: clients.size,
      sessions: sessions.keptCount,
      retained: retained.size,
      inflightBytes: valve.inflightBytes,
    }),
  };
}

/** Waits for the promise, but not beyond the deadline. */
async function before(deadlineMs: number, promise: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, Math.max(0, deadlineMs - performance.now()));
  });
  await Promise.race([promise, timeout]);
  clearTimeout(timer);
}
