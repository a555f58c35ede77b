// What the log holds, in the terms of a program: plain numbers and strings. Offsets and times are
// whole numbers below 2^53, which a log reaches neither with its readings nor with its years.

import { Quality, type Reading as WireReading } from '../generated/millpond/v1/reading.ts';

/** How far a reading's time can be trusted; proto/millpond/v1/reading.proto says what each means. */
export type ReadingQuality = 'good' | 'clock_suspect' | 'retained' | 'redelivered' | 'unknown';

/** One value of one metric of one device at one time. */
export interface Reading {
  readonly offset: number;
  readonly device: string;
  /** Tells two sensors of one kind on one device apart; else empty. */
  readonly channel: string;
  readonly metric: string;
  readonly value: number | string;
  /** UCUM where there is a code ("Cel", "hPa"), else the plain name ("%RH", "ppm"); empty if unknown. */
  readonly unit: string;
  /** Microseconds since the Unix epoch, by the device's clock where it has one. */
  readonly measuredAtUs: number;
  /** Microseconds since the Unix epoch, by the gateway's clock. */
  readonly receivedAtUs: number;
  readonly quality: ReadingQuality;
  /** The way in: "mqtt", "grpc", a serial port's name. */
  readonly source: string;
}

const qualities: Readonly<Record<number, ReadingQuality>> = {
  [Quality.QUALITY_GOOD]: 'good',
  [Quality.QUALITY_CLOCK_SUSPECT]: 'clock_suspect',
  [Quality.QUALITY_RETAINED]: 'retained',
  [Quality.QUALITY_REDELIVERED]: 'redelivered',
};

export function readingOf(wire: WireReading): Reading {
  return {
    offset: Number(wire.offset),
    device: wire.device,
    channel: wire.channel,
    metric: wire.metric,
    value: wire.value?.value ?? '',
    unit: wire.unit,
    measuredAtUs: Number(wire.measuredAtUs),
    receivedAtUs: Number(wire.receivedAtUs),
    quality: qualities[wire.quality] ?? 'unknown',
    source: wire.source,
  };
}
