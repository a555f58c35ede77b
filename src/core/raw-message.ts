// What a source hands over: bytes and where they came from, not yet understood.

export interface RawMessage {
  /** The way in: `mqtt`, `grpc`, or a serial port's name. */
  readonly source: string;
  /** The MQTT topic, or the port's label. */
  readonly topic: string;
  /** Borrowed: whoever keeps it beyond the call copies it. */
  readonly payload: Uint8Array;
  /** The gateway's clock on arrival, microseconds since the Unix epoch. */
  readonly receivedAtUs: number;
  /** The publisher set the retain flag. */
  readonly isRetained: boolean;
  /** The publisher marked it as a resend (DUP). */
  readonly isRedelivered: boolean;
}
