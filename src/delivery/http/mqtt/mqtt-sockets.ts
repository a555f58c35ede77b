// MQTT over WebSocket at /mqtt, for browsers and for networks that let only HTTP through: the
// handshake is checked here, and what comes of it is a stream of bytes that the broker serves like one
// over TCP (MQTT 3.1.1 and 5, section 6).

import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { createWebSocketStream, type WebSocket, WebSocketServer } from 'ws';
import { MillpondError } from '../../../core/errors.ts';
import { formatAddress } from '../../../core/listen-address.ts';
import { answerPlainly, refuseSocket } from './upgrade-answer.ts';

export const MQTT_PATH = '/mqtt';
/** In the order of preference. The first is the one of the standard. */
const SUBPROTOCOLS = ['mqtt', 'mqttv3.1'];
/** Finds half-open connections of clients that asked for no keep-alive of MQTT's own. */
const TCP_KEEP_ALIVE_DELAY_MS = 60_000;
/** Status codes of RFC 6455, 7.4.1. */
const CLOSE = { unsupportedData: 1003 } as const;

export interface MqttSocketParts {
  /** Takes over a connection that is through its handshake. */
  readonly handle: (stream: Duplex, address: string) => void;
  /** Why none can be taken now; null when they can. */
  readonly refusal: () => MillpondError | null;
  /** One was cut here for what it sent, and not by the broker. */
  readonly refused: (
    reason: 'malformed' | 'packet_too_large',
    address: string,
    detail: string,
  ) => void;
  /** Of one frame, and of all the frames of a message together. */
  readonly frameBytesMax: number;
}

/** Throws what keeps this request from being answered: a Host or an Origin that is not the gateway's. */
export type RequestCheck = (request: IncomingMessage) => void;

export class MqttSockets {
  readonly #parts: MqttSocketParts;
  readonly #check: RequestCheck;
  readonly #server: WebSocketServer;

  constructor(parts: MqttSocketParts, check: RequestCheck) {
    this.#parts = parts;
    this.#check = check;
    this.#server = new WebSocketServer({
      noServer: true,
      maxPayload: parts.frameBytesMax,
      // A few bytes may stand for very many, and readings are small.
      perMessageDeflate: false,
      handleProtocols: (asked) => SUBPROTOCOLS.find((each) => asked.has(each)) ?? false,
    });
    this.#server.on('wsClientError', (error, socket, request) => {
      refuseSocket(socket, request, new MillpondError('REQUEST_INVALID', `${error.message}.`));
    });
  }

  /** Takes the upgrades of the server over. */
  attach(server: Server): void {
    server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      socket.on('error', () => socket.destroy());
      if (request.headers.upgrade?.toLowerCase() !== 'websocket') {
        answerPlainly(server, request, socket);
        return;
      }
      try {
        this.#checkUpgrade(request);
      } catch (error) {
        refuseSocket(socket, request, error);
        return;
      }
      this.#server.handleUpgrade(request, socket, head, (client) => this.#serve(client, request));
    });
  }

  /** Cuts those that the broker's own goodbye left. */
  close(): void {
    for (const client of this.#server.clients) client.terminate();
  }

  #checkUpgrade(request: IncomingMessage): void {
    const path = request.url?.split('?')[0] ?? '';
    if (path !== MQTT_PATH) {
      throw new MillpondError('PATH_UNKNOWN', `There is no WebSocket at ${path}, only at /mqtt.`);
    }
    this.#check(request);
    const asked = request.headers['sec-websocket-protocol']?.split(',').map((name) => name.trim());
    // [MQTT-6.0.0-3]
    if (!SUBPROTOCOLS.some((each) => asked?.includes(each))) {
      const text = `The subprotocol must be ${SUBPROTOCOLS.join(' or ')}.`;
      throw new MillpondError('REQUEST_INVALID', text);
    }
    const refusal = this.#parts.refusal();
    if (refusal !== null) throw refusal;
  }

  #serve(client: WebSocket, { socket }: IncomingMessage): void {
    socket.setKeepAlive(true, TCP_KEEP_ALIVE_DELAY_MS);
    socket.setNoDelay(true);
    const { remoteAddress = '', remotePort = 0 } = socket;
    const address = formatAddress({ host: remoteAddress, port: remotePort });
    // [MQTT-6.0.0-1]: only binary frames, and whoever sends another is cut.
    client.on('message', (_bytes, isBinary) => {
      if (isBinary) return;
      client.removeAllListeners('message');
      client.close(CLOSE.unsupportedData, 'MQTT goes in binary frames');
      this.#parts.refused('malformed', address, 'a text frame');
    });
    client.on('error', (error: Error & { code?: string }) => {
      const isTooLarge = error.code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH';
      this.#parts.refused(isTooLarge ? 'packet_too_large' : 'malformed', address, error.message);
    });
    const stream = createWebSocketStream(client, {
      // The parts of a packet are written one by one: without it each is a frame.
      writev: (parts, done) => client.send(Buffer.concat(parts.map(({ chunk }) => chunk)), done),
    });
    this.#parts.handle(stream, address);
  }
}
