// From a PUBLISH to its acknowledgement: hands each message to the intake in the order of arrival
// and releases it to the broker once it is settled. The hot path of the source.

import type { Clock } from '../../core/clock.ts';
import type { Intake } from '../../core/contracts.ts';
import type { MillpondError } from '../../core/errors.ts';
import type { Connection } from './connection.ts';
import type { MqttEvents } from './mqtt-events.ts';
import { ReasonCode } from './reason-code.ts';
import type { ReceivedIds } from './received-ids.ts';
import { Refusal } from './refusal.ts';
import type { Valve } from './valve.ts';
import { messageOverheadBytes } from './valve.ts';

/** A PUBLISH, or a will; a will has neither an identifier nor DUP. */
export interface PublishPacket {
  readonly topic: string;
  readonly payload: Buffer;
  readonly qos: number;
  readonly retain: boolean;
  readonly dup?: boolean;
  readonly messageId?: number;
}

/** Lets the broker acknowledge and forward the message. */
export type Release = () => void;

/** QoS 2 identifiers that one session may hold without PUBREL. */
const receivedIdsMax = 1024;

export class PublishAcceptance {
  readonly #intake: Intake;
  readonly #valve: Valve;
  readonly #clock: Clock;
  readonly #events: MqttEvents;

  constructor(parts: { intake: Intake; valve: Valve; clock: Clock; events: MqttEvents }) {
    this.#intake = parts.intake;
    this.#valve = parts.valve;
    this.#clock = parts.clock;
    this.#events = parts.events;
  }

  /** QoS 0 and 1, and wills, whose `connection` is null where there is none. */
  accept(connection: Connection | null, packet: PublishPacket, release: Release): void {
    const isAnswered = connection !== null && packet.messageId !== undefined;
    this.#store(connection, packet, (error) => {
      if (!isAnswered) {
        // There is no acknowledgement to withhold: subscribers get it in any case.
        if (error !== null) connection?.report(notStored(error));
        release();
      } else if (error !== null) {
        connection.cut(notStored(error));
      } else if (!connection.isCut) {
        // Nothing can be acknowledged on a connection that was cut; it will be sent again.
        release();
      }
    });
  }

  /** QoS 2: what the session has sent before under this identifier is not stored again. */
  acceptOnce(
    connection: Connection,
    received: ReceivedIds,
    packet: PublishPacket,
    release: Release,
  ): void {
    const messageId = packet.messageId as number;
    if (received.size >= receivedIdsMax && !received.has(messageId)) {
      const detail = `${receivedIdsMax} messages of QoS 2 without PUBREL`;
      connection.cut(new Refusal('received_max', ReasonCode.receiveMaximumExceeded, detail));
      return;
    }
    let failure: MillpondError | null = null;
    const settle = received.begin(messageId, (isStored) => {
      if (!isStored) connection.cut(notStored(failure));
      else if (!connection.isCut) release();
    });
    if (settle === null) return;
    this.#store(connection, packet, (error) => {
      failure = error;
      settle(error === null);
    });
  }

  #store(
    connection: Connection | null,
    packet: PublishPacket,
    settled: (error: MillpondError | null) => void,
  ): void {
    const { topic, payload } = packet;
    const valve = this.#valve;
    const bytes = topic.length + payload.length;
    valve.take(connection, bytes + messageOverheadBytes);
    this.#events.messageReceived(bytes, packet.qos);
    this.#intake.accept(
      {
        source: 'mqtt',
        topic,
        payload,
        receivedAtUs: this.#clock(),
        isRetained: packet.retain,
        // [MQTT-3.3.1-2]: DUP says nothing at QoS 0.
        isRedelivered: packet.dup === true && packet.qos > 0,
      },
      (error) => {
        valve.settle(connection, bytes + messageOverheadBytes);
        try {
          settled(error);
        } catch (fault) {
          // A fault of the broker's must not reach the log, which settles others after this one.
          this.#events.failed(fault as Error);
          connection?.end(ReasonCode.unspecifiedError);
        }
      },
    );
  }
}

/**
 * A message that could not be stored is not answered: its connection is closed, MQTT 5 with
 * 0x89 (server busy). A PUBACK with an error would be an answer: it ends the exchange, the client
 * frees the identifier and most drop the message (5: 4.4). Without an answer the client still has
 * it, and sends it again when it is back.
 */
function notStored(error: MillpondError | null): Refusal {
  const code =
    error?.code === 'LOG_STOPPING' ? ReasonCode.serverShuttingDown : ReasonCode.serverBusy;
  return new Refusal('not_stored', code, error?.message ?? 'the first copy was not stored');
}
