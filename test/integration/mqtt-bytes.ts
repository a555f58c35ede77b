// MQTT packets written by hand, well formed or not: each builder takes the parts as bytes.

export const type = {
  connack: 2,
  publish: 3,
  puback: 4,
  pubrec: 5,
  pubrel: 6,
  pubcomp: 7,
  suback: 9,
  pingresp: 13,
  disconnect: 14,
} as const;

export function bytes(...values: number[]): Buffer {
  return Buffer.from(values);
}

/** A UTF-8 string with its length before it; bytes go in as they are. */
export function string(text: string | Uint8Array): Buffer {
  const content = Buffer.from(text as string);
  return Buffer.concat([bytes(content.length >> 8, content.length & 0xff), content]);
}

/** A packet out of its first byte and its body, with the right length. */
export function packet(first: number, ...body: Uint8Array[]): Buffer {
  const content = Buffer.concat(body);
  const length: number[] = [];
  let rest = content.length;
  do {
    length.push((rest & 0x7f) | (rest > 0x7f ? 0x80 : 0));
    rest >>= 7;
  } while (rest > 0);
  return Buffer.concat([bytes(first, ...length), content]);
}

export interface ConnectParts {
  readonly version?: 3 | 4 | 5;
  readonly clientId?: string | Uint8Array;
  readonly flags?: number;
  readonly keepalive?: number;
  /** With their length, for version 5. */
  readonly properties?: Uint8Array;
  /** What comes behind the client identifier. */
  readonly rest?: readonly Uint8Array[];
}

export function connectPacket(parts: ConnectParts = {}): Buffer {
  const { version = 4, clientId = 'raw', flags = 0x02, keepalive = 60, rest = [] } = parts;
  return packet(
    0x10,
    string(version === 3 ? 'MQIsdp' : 'MQTT'),
    bytes(version, flags, keepalive >> 8, keepalive & 0xff),
    version === 5 ? (parts.properties ?? bytes(0)) : bytes(),
    string(clientId),
    ...rest,
  );
}

export interface PublishParts {
  readonly topic: string | Uint8Array;
  readonly payload?: string;
  readonly qos?: 0 | 1 | 2;
  readonly messageId?: number;
  readonly dup?: boolean;
  readonly version?: 4 | 5;
}

export function publishPacket(parts: PublishParts): Buffer {
  const { topic, payload = '1', qos = 0, messageId = 1, dup = false, version = 4 } = parts;
  return packet(
    0x30 | (qos << 1) | (dup ? 0x08 : 0),
    string(topic),
    qos > 0 ? bytes(messageId >> 8, messageId & 0xff) : bytes(),
    version === 5 ? bytes(0) : bytes(),
    Buffer.from(payload),
  );
}

export function subscribePacket(filter: string | Uint8Array, qos = 0, messageId = 1): Buffer {
  return packet(0x82, bytes(messageId >> 8, messageId & 0xff), string(filter), bytes(qos));
}

export const pingPacket = bytes(0xc0, 0x00);
export const disconnectPacket = bytes(0xe0, 0x00);
