// What a source hands over: bytes and where they came from, not yet understood.

/** What a source found wrong with a frame that it hands over all the same, to be kept. */
export const frameFaults = ['checksum', 'frame_too_long', 'frame_invalid'] as const;

export type FrameFault = (typeof frameFaults)[number];

/** Under which a message is stored once though it be offered twice. */
export interface ProducerKey {
  /** Named as consumers are. */
  readonly producer: string;
  /** From 1, rising. */
  readonly sequence: number;
  /** The call it came in, 32 bits: what follows a refused message in its call is refused as well. */
  readonly call: number;
}

export const waysIn = ['mqtt', 'grpc', 'serial'] as const;

export type WayIn = (typeof waysIn)[number];

/** Messages by the way they came. */
export type WayCounts = Readonly<Record<WayIn, number>>;

export interface RawMessage {
  /** The way in: `mqtt`, `grpc`, or `serial:<name of the port>`. */
  readonly source: string;
  /** The MQTT topic, or the port's name; what else a source puts behind that it documents. */
  readonly topic: string;
  /** Borrowed: whoever keeps it beyond the call copies it. */
  readonly payload: Uint8Array;
  /** The gateway's clock on arrival, microseconds since the Unix epoch. */
  readonly receivedAtUs: number;
  /** The publisher set the retain flag. */
  readonly isRetained: boolean;
  /** The publisher marked it as a resend (DUP). */
  readonly isRedelivered: boolean;
  /**
   * The source can offer it again, or tell its publisher that it was not taken: a full stream may
   * refuse it (STREAM_FULL). What cannot be refused is dropped there, and recorded as a loss.
   */
  readonly isRefusable?: boolean;
  readonly key?: ProducerKey;
  /** It came long ago and is decoded again: nothing that came after it is to change by it. */
  readonly isPast?: boolean;
  /** Set: the payload is no whole, sound frame, and becomes a dead letter and never a reading. */
  readonly fault?: FrameFault;
}

export function wayOf({ source }: RawMessage): WayIn {
  if (source === 'mqtt' || source === 'grpc') return source;
  return 'serial';
}

const RETAINED = 1;
const REDELIVERED = 2;
/** Above the two flags: 0 for no fault, else one more than its place in the list. */
const FAULT_SHIFT = 2;
const FAULT_MASK = 0x1f;

type Marks = Pick<RawMessage, 'isRetained' | 'isRedelivered' | 'fault'>;

/** What was noted about the message, as one byte: on its way between threads, and in a dead letter. */
export function flagsOf({ isRetained, isRedelivered, fault }: Marks): number {
  const faultNumber = fault === undefined ? 0 : frameFaults.indexOf(fault) + 1;
  return (
    (isRetained ? RETAINED : 0) | (isRedelivered ? REDELIVERED : 0) | (faultNumber << FAULT_SHIFT)
  );
}

export function marksOf(flags: number): Marks {
  const fault = frameFaults[((flags >> FAULT_SHIFT) & FAULT_MASK) - 1];
  return {
    isRetained: (flags & RETAINED) !== 0,
    isRedelivered: (flags & REDELIVERED) !== 0,
    ...(fault === undefined ? {} : { fault }),
  };
}
