// What the gateway answers, as far as the pages use it. Times are ISO 8601, offsets decimal strings.

export interface Alert {
  readonly code: string;
  readonly severity: 'warning' | 'critical';
  readonly subject: string;
  readonly message: string;
  readonly remedy: string;
  readonly since: string | null;
}

export interface StreamStatus {
  readonly stream: string;
  readonly lowWatermark: string;
  readonly highWatermark: string;
  readonly sealedBytes: number;
  readonly hotBytes: number;
  readonly segments: number;
  readonly retention: {
    readonly ageSeconds: number | null;
    readonly bytes: number | null;
    readonly hardBytes: number | null;
    readonly protect: readonly string[];
  };
  readonly onFull: 'refuse' | 'drop-oldest';
  readonly isFull: boolean;
  readonly readingsPerSecond: number;
  readonly bytesPerSecond: number;
}

export interface Status {
  readonly version: string;
  readonly ready: boolean;
  readonly problem: string | null;
  readonly startedAt: string;
  readonly now: string;
  readonly addresses: {
    readonly mqtt: string;
    readonly grpc: string;
    readonly http: string;
    readonly hostName: string;
  };
  readonly streams: readonly StreamStatus[];
  readonly consumers: readonly { readonly consumer: string }[];
  readonly deadLetters: number;
  readonly lost: Readonly<Record<string, number>>;
  readonly devices: number;
  readonly staleDevices: number;
  readonly mqttConnections: number;
  readonly serialPorts: readonly {
    readonly name: string;
    readonly isOpen: boolean;
    readonly problem: string | null;
  }[];
  readonly subscribers: number;
  readonly producers: number;
  readonly log: {
    readonly databaseBytes: number;
    readonly walBytes: number;
    readonly queueBytes: number;
    readonly commits: number;
    readonly commitMsP50: number;
    readonly commitMsP99: number;
    readonly series: number;
  };
  readonly disk: {
    readonly freeBytes: number;
    readonly sizeBytes: number;
    readonly state: string;
    readonly fullAt: string | null;
  };
  readonly alerts: readonly Alert[];
}

export interface HistoryPoint {
  readonly time: string;
  readonly receivedPerSecond: number;
  readonly storedPerSecond: number;
  readonly deliveredPerSecond: number;
  readonly commitMsP50: number;
  readonly commitMsP99: number;
  readonly queueBytes: number;
  readonly diskFreeBytes: number;
  readonly deadLetters: number;
  readonly lost: number;
}

export interface StatusHistory {
  readonly stepMs: number;
  readonly points: readonly HistoryPoint[];
}

export interface LatestValue {
  readonly channel: string;
  readonly metric: string;
  readonly unit: string;
  readonly source: string;
  readonly value: number | string;
  readonly measuredAt: string;
  readonly receivedAt: string;
}

export interface Device {
  readonly device: string;
  readonly profile: string | null;
  readonly firstSeen: string;
  readonly lastSeen: string;
  readonly readings: number;
  readonly usualIntervalMs: number | null;
  readonly readingsPerMinute: number | null;
  readonly stale: boolean;
  readonly series: number;
  readonly latest: readonly LatestValue[];
}

export interface DevicePage {
  readonly now: string;
  readonly devices: readonly Device[];
  readonly nextCursor: string | null;
}

/** Numbers have min, mean and max; texts have `last`. */
export interface Bucket {
  readonly time: string;
  readonly count: number;
  readonly min?: number | undefined;
  readonly mean?: number | undefined;
  readonly max?: number | undefined;
  readonly last?: string | undefined;
}

export interface Series {
  readonly device: string;
  readonly channel: string;
  readonly metric: string;
  readonly unit: string;
  readonly points: readonly Bucket[];
}

export interface SeriesAnswer {
  readonly from: string;
  readonly to: string;
  readonly bucketMs: number;
  readonly series: readonly Series[];
}

/** As `millpond tail --json` prints it, and an event of `live` holds it. */
export interface ReadingEvent {
  readonly stream: string;
  readonly offset: string;
  readonly device: string;
  readonly channel: string;
  readonly metric: string;
  readonly value: number | string | null;
  readonly unit: string;
  readonly measuredAt: string;
  readonly receivedAt: string;
  readonly quality: string;
}
