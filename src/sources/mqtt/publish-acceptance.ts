// From a PUBLISH to its acknowledgement: hands each message to the intake in the order of arrival
// and releases it to the broker once it is settled. The hot path of the source.

import type { Clock } from '../../core/clock.ts';
import type { Intake } from '../../core/contracts.ts';
import type { MillpondError } from '../../core/errors.ts';
import type { Connection } from './connection.ts';
import { HeldMessages } from './held-messages.ts';
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

/** Lets the broker go on with the message. */
export type Release = () => void;

/** How a message ends. */
export interface Outcome {
  /** Lets the broker acknowledge and forward it. */
  readonly release: Release;
  /** Ends it once it was answered with an error; null where there is no such answer. */
  readonly drop: Release | null;
}

interface Taken {
  readonly connection: Connection | null;
  readonly packet: PublishPacket;
  readonly bytes: number;
  readonly receivedAtUs: number;
  /** A full stream may refuse it. */
  readonly isRefusable: boolean;
  /** Its client cannot be told of that, and waits instead. */
  readonly isHoldable: boolean;
  readonly settled: (error: MillpondError | null) => void;
}

interface HoldableTaken extends Taken {
  readonly connection: Connection;
}

export interface AcceptanceParts {
  readonly intake: Intake;
  readonly valve: Valve;
  readonly clock: Clock;
  readonly events: MqttEvents;
  readonly heldBytesMax: number;
}

/** QoS 2 identifiers that one session may hold without PUBREL. */
const receivedIdsMax = 1024;

export class PublishAcceptance {
  readonly #parts: AcceptanceParts;
  readonly #held: HeldMessages<HoldableTaken>;

  constructor(parts: AcceptanceParts) {
    this.#parts = parts;
    this.#held = new HeldMessages<HoldableTaken>({
      bytesMax: parts.heldBytesMax,
      offer: (taken) => this.#offer(taken),
      finish: (taken, error) => this.#finish(taken, error),
      began: ({ connection }, error) => connection.report(streamFull(error)),
    });
  }

  /** QoS 0 and 1, and wills, whose `connection` is null where there is none. */
  accept(connection: Connection | null, packet: PublishPacket, outcome: Outcome): void {
    const isAnswered = connection !== null && packet.messageId !== undefined;
    const isHoldable = isAnswered && outcome.drop === null;
    this.#take({ connection, packet, isRefusable: isAnswered, isHoldable }, (error) => {
      if (isAnswered) {
        answer(connection, packet, outcome, error);
        return;
      }
      // There is no acknowledgement to withhold: subscribers get it in any case.
      if (error !== null) connection?.report(notStored(error));
      outcome.release();
    });
  }

  /** QoS 2: what the session has sent before under this identifier is not stored again. */
  acceptOnce(
    connection: Connection,
    received: ReceivedIds,
    packet: PublishPacket,
    outcome: Outcome,
  ): void {
    const messageId = packet.messageId as number;
    if (received.size >= receivedIdsMax && !received.has(messageId)) {
      const detail = `${receivedIdsMax} messages of QoS 2 without PUBREL`;
      connection.cut(new Refusal('received_max', ReasonCode.receiveMaximumExceeded, detail));
      return;
    }
    const settle = received.begin(messageId, (error) => {
      answer(connection, packet, outcome, error);
    });
    if (settle === null) return;
    const isHoldable = outcome.drop === null;
    this.#take({ connection, packet, isRefusable: true, isHoldable }, settle);
  }

  /** The connection is gone. */
  forget(connection: Connection): void {
    this.#held.forget(connection);
  }

  /** From now on a full stream's refusal is the last word. */
  stop(): void {
    this.#held.close();
  }

  #take(
    message: Pick<Taken, 'connection' | 'packet' | 'isRefusable' | 'isHoldable'>,
    settled: Taken['settled'],
  ): void {
    const { valve, events, clock } = this.#parts;
    const { connection, packet, isRefusable, isHoldable } = message;
    const { topic, payload, qos } = packet;
    const payloadBytes = topic.length + payload.length;
    const bytes = payloadBytes + messageOverheadBytes;
    valve.take(connection, bytes);
    events.messageReceived(payloadBytes, qos);
    const receivedAtUs = clock();
    // Field by field: a spread takes a tenth of the thread, and gives an object that is slow to read.
    this.#offer({ connection, packet, bytes, receivedAtUs, isRefusable, isHoldable, settled });
  }

  #offer(taken: Taken): void {
    const { packet, receivedAtUs, isRefusable } = taken;
    this.#parts.intake.accept(
      {
        source: 'mqtt',
        topic: packet.topic,
        payload: packet.payload,
        receivedAtUs,
        isRetained: packet.retain,
        // [MQTT-3.3.1-2]: DUP says nothing at QoS 0.
        isRedelivered: packet.dup === true && packet.qos > 0,
        isRefusable,
      },
      (error) => {
        const mustWait =
          isHoldable(taken) && (error !== null || this.#held.isHolding(taken.connection));
        if (mustWait) this.#held.settled(taken, error);
        else this.#finish(taken, error);
      },
    );
  }

  #finish({ connection, bytes, settled }: Taken, error: MillpondError | null): void {
    this.#parts.valve.settle(connection, bytes);
    try {
      settled(error);
    } catch (fault) {
      // A fault of the broker's must not reach the log, which settles others after this one.
      this.#parts.events.failed(fault as Error);
      connection?.end(ReasonCode.unspecifiedError);
    }
  }
}

function isHoldable(taken: Taken): taken is HoldableTaken {
  return taken.isHoldable;
}

/** Answers a message of QoS 1 or 2, or ends its connection without an answer. */
function answer(
  connection: Connection,
  packet: PublishPacket,
  { release, drop }: Outcome,
  error: MillpondError | null,
): void {
  if (error === null) {
    // Nothing can be acknowledged on a connection that was cut; it will be sent again.
    if (!connection.isCut) release();
  } else if (error.code !== 'STREAM_FULL') {
    connection.cut(notStored(error));
  } else if (drop === null) {
    // It could not be held. Whoever has gone needs no telling.
    if (!connection.hasEnded) connection.cut(streamFull(error));
  } else {
    connection.refusePublish(packet.qos, packet.messageId as number, streamFull(error));
    drop();
  }
}

function streamFull(error: MillpondError): Refusal {
  return new Refusal('stream_full', ReasonCode.quotaExceeded, error.message);
}

/**
 * A message that could not be stored is not answered: its connection is closed, MQTT 5 with
 * 0x89 (server busy). A PUBACK with an error would be an answer: it ends the exchange, the client
 * frees the identifier and most drop the message (5: 4.4). Without an answer the client still has
 * it, and sends it again when it is back.
 */
function notStored(error: MillpondError): Refusal {
  const code =
    error.code === 'LOG_STOPPING' ? ReasonCode.serverShuttingDown : ReasonCode.serverBusy;
  return new Refusal('not_stored', code, error.message);
}
