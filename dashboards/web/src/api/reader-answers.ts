// What the gateway answers about those who read, and about what could not be read or had to go.

export interface Consumer {
  readonly stream: string;
  readonly consumer: string;
  readonly isGroup: boolean;
  readonly nextOffset: string;
  readonly lag: number;
  readonly oldestUnreadAt: string | null;
  readonly readingsPerSecond: number;
  readonly committedAt: string;
  readonly subscriptions: number;
  readonly stall: { readonly reason: string; readonly since: string } | null;
  readonly losesDataAt: string | null;
  readonly isProtected: boolean;
}

export interface ConsumerPage {
  readonly now: string;
  readonly consumers: readonly Consumer[];
  readonly nextCursor: string | null;
}

export interface Group {
  readonly stream: string;
  readonly group: string;
  readonly nextOffset: string;
  readonly lag: number;
  readonly members: number;
  readonly credits: number;
  readonly inFlight: number;
  readonly waiting: number;
  readonly redeliveries: number;
  readonly deadLetters: number;
  readonly stall: string | null;
  readonly stalledSince: string | null;
  readonly ackDeadlineMs: number;
  readonly deliveriesMax: number | null;
  readonly devices: readonly string[];
  readonly metrics: readonly string[];
}

export interface GroupPage {
  readonly groups: readonly Group[];
  readonly nextCursor: string | null;
}

export interface Member {
  readonly memberId: string;
  readonly member: string;
  readonly joinedAt: string;
  readonly credits: number;
  readonly inFlight: number;
  readonly lastAckAt: string | null;
  readonly oldestDeadline: string | null;
}

export interface MemberPage {
  readonly members: readonly Member[];
  readonly nextCursor: string | null;
}

/** Of the status' history. */
export interface LagCourse {
  readonly stream: string;
  readonly consumer: string;
  readonly points: readonly { readonly time: string; readonly lag: number }[];
}

export interface DeadLetter {
  readonly id: string;
  readonly receivedAt: string;
  readonly source: string;
  readonly topic: string;
  readonly profile: string | null;
  readonly reason: string;
  readonly detail: string;
  readonly isRetained: boolean;
  readonly isRedelivered: boolean;
  readonly isPartial: boolean;
  readonly bytes: number;
}

export interface WholeDeadLetter extends DeadLetter {
  /** In base64. */
  readonly payload: string;
  readonly text: string | null;
}

export interface DeadLetterPage {
  readonly deadLetters: readonly DeadLetter[];
  readonly nextCursor: string | null;
}

export interface Reprocessed {
  readonly reprocessed: number;
  readonly readings: number;
  readonly kept: number;
  readonly nextCursor: string | null;
}

export interface Loss {
  readonly stream: string | null;
  readonly firstOffset: string | null;
  readonly nextOffset: string | null;
  readonly count: number;
  readonly reason: string;
  readonly detail: string;
  readonly recordedAt: string;
}

export interface LossPage {
  readonly losses: readonly Loss[];
  readonly nextCursor: string | null;
}
