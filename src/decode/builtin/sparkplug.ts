// Sparkplug B 3.0: births that say what a node's metrics are called, data that often has only their
// aliases, deaths that end both. https://sparkplug.eclipse.org/specification/version/3.0/documents/sparkplug-specification-3.0.0.pdf

import { parseEpoch } from '../device-time.ts';
import { quote } from '../names.ts';
import type { BuiltinContext, BuiltinDecoder, BuiltinSink } from './contract.ts';
import type { BirthLimits } from './sparkplug-births.ts';
import { Births } from './sparkplug-births.ts';
import type { SparkplugMetric, SparkplugPayload } from './sparkplug-payload.ts';
import { metricsMax, readSparkplugPayload, TooManyMetrics } from './sparkplug-payload.ts';
import { metricValueOf } from './sparkplug-value.ts';
import { nameByUnit } from './unit-metric.ts';

interface Origin {
  readonly namespace: string;
  readonly type: string;
  /** The group and the node. */
  readonly node: string;
  /** Empty for the node's own messages. */
  readonly device: string;
}

/** Where the node takes commands. */
function commandTopic({ namespace, node }: Origin): string {
  return [namespace, ...node.split('/').toSpliced(1, 0, 'NCMD')].join('/');
}

/** `namespace/group/type/node` and the device of types that begin with D. */
function originOf(topic: string): Origin | null {
  const [namespace = '', group, type, node, device = '', ...rest] = topic.split('/');
  if (group === undefined || type === undefined || node === undefined || rest.length > 0)
    return null;
  if (type.startsWith('D') !== (device !== '')) return null;
  return { namespace, type, node: `${group}/${node}`, device };
}

const goodQuality = 192;
/** Metrics of the protocol itself: sessions and commands. */
const ownMetrics = /^(?:bdSeq$|(?:Node|Device) Control\/)/;
/** Tahu's way to put a compressed payload into the body of another. */
const compressedUuid = 'SPBV1.0_COMPRESSED';

function readPayload(bytes: Uint8Array, sink: BuiltinSink): SparkplugPayload | null {
  try {
    const payload = readSparkplugPayload(bytes);
    if (payload.uuid !== compressedUuid) return payload;
    sink.reject('unsupported', 'Sparkplug: a compressed payload');
  } catch (thrown) {
    if (thrown instanceof TooManyMetrics) {
      sink.reject('too_many_readings', 'Sparkplug: too many metrics or properties');
    } else {
      sink.reject('malformed', 'Sparkplug: not a whole payload of Protocol Buffers');
    }
  }
  return null;
}

function bdSeqOf({ metrics }: SparkplugPayload): number | undefined {
  const found = metrics.find(({ name }) => name === 'bdSeq');
  if (found === undefined) return undefined;
  return found.form === 'long' ? Number(found.long) : found.number;
}

class SparkplugDecoder implements BuiltinDecoder {
  /** A birth names every value of a plant. */
  readonly readingsMax = metricsMax;
  readonly #births: Births;

  constructor(births: Births) {
    this.#births = births;
  }

  decode(bytes: Uint8Array, { topic, isPast }: BuiltinContext, sink: BuiltinSink): void {
    const origin = originOf(topic);
    if (origin === null) {
      sink.reject('unsupported', `Sparkplug: the topic ${quote(topic)} is none of its own`);
      return;
    }
    const payload = readPayload(bytes, sink);
    if (payload === null) return;
    const births = this.#births;
    const { type, node, device } = origin;
    if (isPast) {
      this.#decodePast(payload, origin, sink);
      return;
    }
    switch (type) {
      case 'NBIRTH':
        births.bear(node, bdSeqOf(payload), payload.metrics);
        births.follows(node, payload.seq);
        this.#emit(payload, origin, sink);
        break;
      case 'DBIRTH':
        this.#notice(node, payload, sink);
        births.bearDevice(node, device, payload.metrics);
        this.#emit(payload, origin, sink);
        break;
      case 'NDATA':
      case 'DDATA':
        this.#notice(node, payload, sink);
        this.#emit(payload, origin, sink);
        break;
      case 'NDEATH':
        births.die(node, bdSeqOf(payload));
        sink.drop('no_measurement');
        break;
      case 'DDEATH':
        this.#notice(node, payload, sink);
        births.dieDevice(node, device);
        sink.drop('no_measurement');
        break;
      default:
        sink.reject('unsupported', `Sparkplug: the message type ${quote(type)}`);
    }
  }

  /** A birth of the past explains what nothing later does; sessions and counts went on since. */
  #decodePast(payload: SparkplugPayload, origin: Origin, sink: BuiltinSink): void {
    const { type, node, device } = origin;
    if (type.endsWith('DEATH')) {
      sink.drop('no_measurement');
    } else if (/^[ND](?:BIRTH|DATA)$/.test(type)) {
      const isNews = type.endsWith('BIRTH') && !this.#births.knows(node, device);
      if (isNews) this.#births.bearDevice(node, device, payload.metrics);
      this.#emit(payload, origin, sink);
    } else {
      sink.reject('unsupported', `Sparkplug: the message type ${quote(type)}`);
    }
  }

  #notice(node: string, { seq }: SparkplugPayload, sink: BuiltinSink): void {
    if (!this.#births.follows(node, seq)) sink.drop('sequence_gap');
  }

  #emit(payload: SparkplugPayload, origin: Origin, sink: BuiltinSink): void {
    for (const metric of payload.metrics) {
      if (sink.isOver) return;
      this.#emitMetric(metric, payload, origin, sink);
    }
  }

  #emitMetric(
    metric: SparkplugMetric,
    payload: SparkplugPayload,
    origin: Origin,
    sink: BuiltinSink,
  ): void {
    const { type, node, device } = origin;
    // A birth explains itself.
    const known = type.endsWith('BIRTH') ? undefined : this.#births.find(node, device, metric);
    const name = metric.name ?? known?.name;
    if (name === undefined) {
      const place = device === '' ? node : `${node}/${device}`;
      const what = metric.alias === undefined ? 'no name' : `alias ${metric.alias}`;
      if (metric.alias !== undefined) sink.wantRebirth(commandTopic(origin));
      sink.reject(
        metric.alias === undefined ? 'malformed' : 'alias_unknown',
        `Sparkplug: a metric with ${what}, and no birth of ${quote(place)} that explains it`,
      );
      return;
    }
    if (ownMetrics.test(name)) {
      sink.drop('ignored_field');
      return;
    }
    if ((metric.qualityCode ?? goodQuality) !== goodQuality) {
      sink.drop('bad_quality');
      return;
    }
    const found = metricValueOf(metric, metric.datatype ?? known?.datatype);
    if ('dropped' in found) {
      sink.drop(found.dropped);
      return;
    }
    if ('fault' in found) {
      sink.reject(found.fault, `${found.detail}: ${quote(name)}`);
      return;
    }
    const timeMs = metric.timestampMs ?? payload.timestampMs;
    const named = nameByUnit(name, metric.unit ?? known?.unit);
    sink.add({
      name: named.name,
      value: found.value,
      unit: named.unit,
      channel: named.channel,
      timeUs: timeMs === undefined ? undefined : parseEpoch(timeMs, 'ms'),
      isHistorical: metric.isHistorical,
    });
  }
}

/** One for each thread: it remembers the births, within the limits. */
export function createSparkplugDecoder(limits?: BirthLimits): BuiltinDecoder {
  return new SparkplugDecoder(new Births(limits));
}
