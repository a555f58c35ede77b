// Readings that come as such and not as a device's message: how they travel through the log's intake,
// and lie in a dead letter. The payload is JSON so that whoever is shown one can read it.

/** With the source `grpc`. No device publishes to it: Publish refuses topics that begin with `$`. */
export const READINGS_TOPIC = '$readings';

/** In one message; no more than the decoder makes of one. */
export const PUBLISHED_READINGS_MAX = 1000;

export interface PublishedReading {
  readonly device: string;
  readonly channel?: string;
  readonly metric: string;
  readonly unit?: string;
  readonly value: number | string;
  /** Microseconds since the Unix epoch; left out for the time of arrival. */
  readonly measuredAtUs?: number;
}

export function encodeReadings(readings: readonly PublishedReading[]): Uint8Array {
  return Buffer.from(JSON.stringify(readings));
}
