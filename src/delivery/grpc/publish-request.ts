// A PublishRequest, judged before anything of it is taken: the message for the log's intake, or
// REQUEST_INVALID with the field that is wrong.

import { isConsumerName } from '../../core/consumer-name.ts';
import { MillpondError } from '../../core/errors.ts';
import { judgeName } from '../../core/name.ts';
import {
  encodeReadings,
  PUBLISHED_READINGS_MAX,
  type PublishedReading,
  READINGS_TOPIC,
} from '../../core/published-reading.ts';
import type { ProducerKey, RawMessage } from '../../core/raw-message.ts';
import type {
  PublishRequest,
  PublishedReading as WireReading,
} from '../../generated/millpond/v1/telemetry_service.ts';

/** As much as the decoder looks into. */
const TOPIC_LENGTH_MAX = 1024;
const NOT_IN_TOPIC = /[+#\u0000]/;

export interface Arrival {
  readonly receivedAtUs: number;
  /** The number of the call. */
  readonly call: number;
}

/** Throws REQUEST_INVALID. */
export function toRawMessage(request: PublishRequest, arrival: Arrival): RawMessage {
  const key = keyOf(request, arrival.call);
  return {
    source: 'grpc',
    ...contentOf(request),
    receivedAtUs: arrival.receivedAtUs,
    isRetained: false,
    isRedelivered: false,
    isRefusable: true,
    ...(key === null ? {} : { key }),
  };
}

function contentOf({ content }: PublishRequest): { topic: string; payload: Uint8Array } {
  switch (content?.$case) {
    case 'raw': {
      const { topic, payload } = content.value;
      if (topic === '' || topic.length > TOPIC_LENGTH_MAX) {
        throw invalid('raw.topic', `has ${topic.length} characters, not 1 to ${TOPIC_LENGTH_MAX}`);
      }
      if (topic.startsWith('$')) throw invalid('raw.topic', 'begins with $');
      if (NOT_IN_TOPIC.test(topic)) throw invalid('raw.topic', 'has a wildcard or U+0000');
      return { topic, payload };
    }
    case 'readings': {
      const { readings } = content.value;
      const { length } = readings;
      if (length === 0 || length > PUBLISHED_READINGS_MAX) {
        const text = `has ${length} readings, not 1 to ${PUBLISHED_READINGS_MAX}`;
        throw invalid('readings', text);
      }
      return { topic: READINGS_TOPIC, payload: encodeReadings(readings.map(toReading)) };
    }
    default:
      throw invalid('content', 'is missing: raw or readings');
  }
}

function toReading(reading: WireReading, index: number): PublishedReading {
  const { device, metric, unit, channel, value, measuredAtUs } = reading;
  const at = `readings[${index}]`;
  checkName(`${at}.device`, device);
  checkName(`${at}.metric`, metric);
  if (unit !== '') checkName(`${at}.unit`, unit);
  if (channel !== '') checkName(`${at}.channel`, channel);
  if (value === undefined) throw invalid(`${at}.value`, 'is missing');
  if (value.$case === 'number' && !Number.isFinite(value.value)) {
    throw invalid(`${at}.number`, `is ${value.value}, which is no measurement`);
  }
  if (measuredAtUs < 0n || measuredAtUs > BigInt(Number.MAX_SAFE_INTEGER)) {
    throw invalid(`${at}.measured_at_us`, `is ${measuredAtUs}, not 0 to 2^53 - 1`);
  }
  return {
    device,
    ...(channel === '' ? {} : { channel }),
    metric,
    ...(unit === '' ? {} : { unit }),
    value: value.value,
    ...(measuredAtUs === 0n ? {} : { measuredAtUs: Number(measuredAtUs) }),
  };
}

function keyOf({ producer, sequence }: PublishRequest, call: number): ProducerKey | null {
  if (producer === '') {
    if (sequence !== 0n) throw invalid('producer', 'is missing though there is a sequence');
    return null;
  }
  if (!isConsumerName(producer)) {
    throw invalid('producer', 'is not 1 to 128 letters, digits, dots, dashes, underscores, colons');
  }
  if (sequence < 1n || sequence > BigInt(Number.MAX_SAFE_INTEGER)) {
    throw invalid('sequence', `is ${sequence}, not 1 to 2^53 - 1`);
  }
  return { producer, sequence: Number(sequence), call };
}

function checkName(field: string, name: string): void {
  const fault = judgeName(name);
  if (fault === 'name_too_long') throw invalid(field, `has ${name.length} characters, over 128`);
  if (fault !== null) throw invalid(field, 'is empty or has characters that no name has');
}

function invalid(field: string, text: string): MillpondError {
  return new MillpondError('REQUEST_INVALID', `${field} ${text}.`);
}
