// A message as the broker keeps it for later: retained, or queued for a session that is away.

/** Fields of an aedes packet that outlive the packet. */
export interface StoredMessage {
  cmd: 'publish' | 'pubrel';
  brokerId: string;
  brokerCounter: number;
  topic: string;
  payload: Buffer;
  qos: number;
  retain: boolean;
  dup: boolean;
  messageId?: number | undefined;
  properties?: object | undefined;
  /** Milliseconds since the epoch at which MQTT 5's Message Expiry Interval ends. */
  messageExpiry?: number | undefined;
}

/** What the entry itself takes beside topic and payload, roughly. */
const entryBytes = 256;

/** The copy owns its payload: a slice would hold the socket's whole read buffer in memory. */
export function copyMessage(message: StoredMessage): StoredMessage {
  const copy: StoredMessage = { ...message, payload: Buffer.from(message.payload) };
  return copy;
}

export function storedBytes(message: StoredMessage): number {
  return entryBytes + message.topic.length + message.payload.length;
}

export function isExpired(message: StoredMessage, nowMs: number): boolean {
  return message.messageExpiry !== undefined && message.messageExpiry <= nowMs;
}
