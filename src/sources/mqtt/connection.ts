// One connection's gate: what may be read from it and when, how much may wait to be sent to it,
// and how it is cut so that the other side learns why.

import type { Duplex } from 'node:stream';
import type { MqttEvents, MqttPeer } from './mqtt-events.ts';
import type { OutgoingRoom } from './outgoing-room.ts';
import { shareBytesMin } from './outgoing-room.ts';
import { packetSize } from './packet-size.ts';
import { ReasonCode } from './reason-code.ts';
import { Refusal } from './refusal.ts';
import type { Holdable, Valve } from './valve.ts';

/** How long a cut connection may take to read the reason before its socket is destroyed. */
const lingerMs = 500;

export interface ConnectionParts {
  readonly stream: Duplex;
  readonly address: string;
  readonly valve: Valve;
  readonly room: OutgoingRoom;
  readonly events: MqttEvents;
  readonly packetBytesMax: number;
  /** Closes the broker's side of it. */
  close(): void;
}

export class Connection implements Holdable, MqttPeer {
  clientId = '';
  version = 0;
  inflightBytes = 0;
  /** CONNECT was accepted and answered. */
  isReady = false;
  isCut = false;
  /** A message of it waits for room in a full stream: nothing more is read meanwhile. */
  isBlocked = false;
  /** Filters it is subscribed to, those being subscribed included. */
  readonly filters = new Set<string>();
  readonly address: string;
  readonly #parts: ConnectionParts;
  readonly #readStream: (size?: number) => Buffer | null;
  /** Bytes of CONNECT not yet handed over; -1 before its header is whole. */
  #connectBytesLeft = -1;
  #head: Buffer | null = null;
  #isLagging = false;
  #isFull = false;

  constructor(parts: ConnectionParts) {
    const { stream, valve, room } = parts;
    this.#parts = parts;
    this.address = parts.address;
    this.#readStream = stream.read.bind(stream);
    stream.read = (size?: number | null) =>
      typeof size === 'number' ? this.#readStream(size) : this.#read();
    stream.once('close', () => {
      valve.forget(this);
      if (this.#isLagging) room.leave();
      this.#isLagging = false;
    });
  }

  /** Something of it waits to be read: it is not silent, it is held. */
  get hasUnread(): boolean {
    return this.#parts.stream.readableLength > 0;
  }

  /** The other side has closed it, though not all that it sent may be read; or it is closed. */
  get hasEnded(): boolean {
    const { stream } = this.#parts;
    // `readableEnded` comes only when everything was read, and a blocked connection is not read.
    const state = stream as unknown as { readonly _readableState?: { readonly ended?: boolean } };
    return stream.destroyed || state._readableState?.ended === true;
  }

  get unsentBytes(): number {
    return this.#parts.stream.writableLength;
  }

  resume(): void {
    if (!this.#parts.stream.destroyed) this.#parts.stream.emit('readable');
  }

  /**
   * Says whether one more message may be queued for it. Once full it stays so until everything
   * is sent, so that a subscriber which does read gets to the end of what waits.
   */
  hasRoom(): boolean {
    if (this.isCut || this.#isFull) return false;
    const { stream, room } = this.#parts;
    const unsent = stream.writableLength;
    if (unsent <= shareBytesMin) return true;
    if (!this.#isLagging) {
      this.#isLagging = true;
      room.enter();
      stream.once('drain', () => {
        if (this.#isLagging) room.leave();
        this.#isLagging = false;
        this.#isFull = false;
      });
    }
    this.#isFull = unsent > room.shareBytes;
    return !this.#isFull;
  }

  report(refusal: Refusal): void {
    this.#parts.events.refused(refusal.reason, this, refusal.message);
  }

  /** Ends it for a reason. MQTT 5 is told with DISCONNECT, 3.1.1 has no word for it. */
  cut(refusal: Refusal): void {
    if (this.isCut) return;
    this.report(refusal);
    this.end(refusal.reasonCode);
  }

  /** Ends it with a reason code; what was accepted from it before is not acknowledged any more. */
  end(reasonCode: number): void {
    if (this.isCut) return;
    this.isCut = true;
    const canTell = this.isReady && this.version === 5 && this.unsentBytes <= shareBytesMin;
    if (canTell) this.#endWith(Buffer.from([0xe0, 0x02, reasonCode, 0x00]));
    else this.#parts.close();
  }

  /** Answers a PUBLISH with success though the broker does not get to see it. */
  acknowledge(qos: number, messageId: number): void {
    if (qos === 0 || this.isCut) return;
    this.#parts.stream.write(answer(qos, messageId));
  }

  /** MQTT 5 alone: answers a PUBLISH with an error, which ends the exchange (5: 3.4.2, 3.5.2). */
  refusePublish(qos: number, messageId: number, refusal: Refusal): void {
    if (this.isCut) return;
    this.report(refusal);
    this.#parts.stream.write(answer(qos, messageId, refusal.reasonCode));
  }

  /** Answers CONNECT with a refusal [MQTT-3.1.4-5, 5: MQTT-3.1.4-2]. */
  refuseConnect(refusal: Refusal, returnCode: number): void {
    if (this.isCut) return;
    this.report(refusal);
    this.isCut = true;
    this.#endWith(
      this.version === 5
        ? Buffer.from([0x20, 0x03, 0x00, refusal.reasonCode, 0x00])
        : Buffer.from([0x20, 0x02, 0x00, returnCode]),
    );
  }

  /** Sends the last bytes and lets the other side read them: closing a socket with unread bytes
   *  in it resets it, and a reset throws away what the other side has not read. */
  #endWith(bytes: Buffer): void {
    const { stream, close } = this.#parts;
    stream.removeAllListeners('readable');
    stream.end(bytes);
    stream.resume();
    const timer = setTimeout(close, lingerMs);
    stream.once('close', () => clearTimeout(timer));
  }

  #read(): Buffer | null {
    const { valve } = this.#parts;
    if (this.isCut) {
      this.#readStream();
      return null;
    }
    if (!this.isReady) return valve.isClosed ? null : this.#readConnect();
    return valve.admits(this) ? this.#readStream() : null;
  }

  /**
   * Hands over CONNECT alone. What a client sends behind it without waiting for the answer stays
   * in the socket's buffer, which is bounded, instead of in the broker's queue.
   */
  #readConnect(): Buffer | null {
    if (this.#connectBytesLeft === 0) return null;
    let chunk = this.#readStream();
    if (chunk === null) return null;
    if (this.#connectBytesLeft < 0) {
      if (this.#head !== null) chunk = Buffer.concat([this.#head, chunk]);
      const size = packetSize(chunk);
      const refusal = this.#connectRefusal(chunk, size);
      if (refusal !== null) {
        this.cut(refusal);
        return null;
      }
      this.#head = size === 0 ? chunk : null;
      if (size === 0) return null;
      this.#connectBytesLeft = size;
    }
    const left = this.#connectBytesLeft;
    this.#connectBytesLeft = Math.max(0, left - chunk.length);
    if (chunk.length > left) {
      this.#parts.stream.unshift(chunk.subarray(left));
      return chunk.subarray(0, left);
    }
    return chunk;
  }

  #connectRefusal(chunk: Buffer, size: number): Refusal | null {
    // [MQTT-3.1.0-1]
    if ((chunk[0] as number) >> 4 !== 1) {
      return new Refusal('malformed', ReasonCode.protocolError, 'the first packet is not CONNECT');
    }
    if (size < 0) {
      return new Refusal('malformed', ReasonCode.malformedPacket, 'the length is not well formed');
    }
    if (size > this.#parts.packetBytesMax) {
      const detail = `CONNECT of ${size} bytes`;
      return new Refusal('packet_too_large', ReasonCode.packetTooLarge, detail);
    }
    return null;
  }
}

/** PUBACK or PUBREC. */
function answer(qos: number, messageId: number, ...reasonCode: number[]): Buffer {
  const type = qos === 1 ? 0x40 : 0x50;
  const body = [messageId >> 8, messageId & 0xff, ...reasonCode];
  return Buffer.from([type, body.length, ...body]);
}
