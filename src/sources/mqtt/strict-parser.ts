// Makes mqtt-packet's parser refuse what the standard calls malformed and it would let through:
// broken strings, fields that reach beyond their packet, doubled properties, bad topics. What it
// refuses never becomes a packet; the connection is told why once and read no more.

import { isReservedTopic, isTopicFilter } from '../../core/topic-filter.ts';
import type { MqttConfig } from './mqtt-config.ts';
import type { StringScan } from './mqtt-string.ts';
import { scanMqttString } from './mqtt-string.ts';
import { ReasonCode } from './reason-code.ts';
import { Refusal } from './refusal.ts';

/** The inside of mqtt-packet 9.0.2's parser that is relied on; a test pins it. */
export interface PacketParser {
  packet: {
    length: number;
    qos: number;
    topic?: string | null;
    protocolVersion?: number;
    properties?: { readonly topicAlias?: unknown };
    messageId?: number;
    subscriptions?: { topic: string }[];
    unsubscriptions?: string[];
    username?: string;
    password?: Buffer;
    will?: { topic: string; qos: number };
  };
  error: Error | null;
  _list: { readonly length: number; slice(start: number, end: number): Buffer };
  _pos: number;
  parse(bytes: Buffer): number;
  _parseNum(): number;
  _parseString(): string | null;
  _parseMessageId(): boolean;
  _parseProperties(): Record<string, unknown> | false;
  _parseConnect(): unknown;
  _parsePublish(): unknown;
  _parseSubscribe(): unknown;
  _parseUnsubscribe(): unknown;
  _emitError(error: Error): void;
}

type Limits = Pick<MqttConfig, 'topicBytesMax' | 'topicLevelsMax' | 'subscriptionsMax'>;

/** Properties that may come more than once (5: 2.2.2.2). */
const repeatable = new Set(['userProperties', 'subscriptionIdentifier']);

const scan: StringScan = { levels: 0, hasWildcard: false, isAscii: true };

/** Hardens one connection's parser. `refuse` is called at most once for each packet. */
export function hardenParser(
  parser: PacketParser,
  limits: Limits,
  refuse: (refusal: Refusal) => void,
): void {
  const { parse, _parseProperties, _parseConnect, _parsePublish } = parser;
  const { _parseSubscribe, _parseUnsubscribe } = parser;

  function fail(refusal: Refusal): void {
    if (parser.error !== null) return;
    // The parser stops at an error; it is not emitted, for aedes would destroy the socket before
    // a DISCONNECT could say why.
    parser.error = refusal;
    refuse(refusal);
  }

  function malformed(detail: string): void {
    fail(new Refusal('malformed', ReasonCode.malformedPacket, detail));
  }

  parser._emitError = (error) => malformed(error.message);

  parser.parse = (bytes) => {
    try {
      return parse.call(parser, bytes);
    } catch (error) {
      malformed(`${(error as Error).message}`);
      return 0;
    }
  };

  parser._parseString = () => {
    const start = parser._pos + 2;
    if (start > parser.packet.length) return null;
    const end = start + parser._parseNum();
    if (end > parser.packet.length || end > parser._list.length) return null;
    const bytes = parser._list.slice(start, end);
    parser._pos = end;
    if (scanMqttString(bytes, scan)) {
      return bytes.toString(scan.isAscii ? 'latin1' : 'utf8');
    }
    fail(
      new Refusal(
        'string_invalid',
        ReasonCode.malformedPacket,
        'a string is not UTF-8, or has a control character or a non-character in it',
      ),
    );
    return null;
  };

  parser._parseMessageId = () => {
    const isInside = parser._pos + 2 <= parser.packet.length;
    const messageId = isInside ? parser._parseNum() : 0;
    // [MQTT-2.3.1-1, 5: MQTT-2.2.1-3]
    if (messageId <= 0) {
      malformed('a packet identifier is missing or zero');
      return false;
    }
    parser.packet.messageId = messageId;
    return true;
  };

  parser._parseProperties = () => {
    const properties = _parseProperties.call(parser);
    if (parser._pos > parser.packet.length) malformed('properties reach beyond their packet');
    for (const name in properties || {}) {
      const value = (properties as Record<string, unknown>)[name];
      // 5: 2.2.2.2; aedes would arm a timer with the list of both and end the process.
      if (Array.isArray(value) && !repeatable.has(name)) malformed(`${name} is there twice`);
      if (value === null || value === undefined || value === -1) malformed(`${name} is cut short`);
    }
    return properties;
  };

  parser._parseConnect = () => {
    _parseConnect.call(parser);
    if (parser.error !== null) return;
    const { packet } = parser;
    if (parser._pos !== packet.length) malformed('CONNECT has more or less in it than it says');
    // [MQTT-3.1.2-22]; MQTT 5 allows it.
    if (packet.protocolVersion !== 5 && packet.password && packet.username === undefined) {
      malformed('a password without a user name');
    }
    if (packet.will === undefined) return;
    // [MQTT-3.1.2-14, 5: MQTT-3.1.2-12]
    if (packet.will.qos > 2) malformed('the will has QoS 3');
    const detail = topicFault(packet.will.topic, limits);
    if (detail !== null || isReservedTopic(packet.will.topic)) {
      const why = detail ?? 'below $SYS';
      fail(new Refusal('will_invalid', ReasonCode.topicNameInvalid, `the will's topic is ${why}`));
    }
  };

  parser._parsePublish = () => {
    _parsePublish.call(parser);
    if (parser.error !== null) return;
    const { packet } = parser;
    if (parser._pos > packet.length) malformed('PUBLISH has less in it than it says');
    const topic = packet.topic as string;
    // Hot path: without properties the topic is the string that was scanned last.
    if (packet.properties === undefined && topic.length > 0 && isPlain(topic, limits)) return;
    // 5: 3.3.2.1: an empty name stands for the one that its alias was given.
    if (topic.length === 0 && packet.properties?.topicAlias !== undefined) return;
    const detail = topicFault(topic, limits);
    if (detail !== null) {
      fail(new Refusal('topic_invalid', ReasonCode.topicNameInvalid, `a topic is ${detail}`));
    }
  };

  parser._parseSubscribe = () => {
    _parseSubscribe.call(parser);
    if (parser.error !== null) return;
    const filters = parser.packet.subscriptions ?? [];
    // [MQTT-3.8.3-3, 5: MQTT-3.8.3-2]
    if (filters.length === 0) malformed('SUBSCRIBE without a topic filter');
    // aedes' work grows with the square of the filters in one packet.
    if (filters.length > limits.subscriptionsMax) {
      const detail = `${filters.length} topic filters in one SUBSCRIBE`;
      fail(new Refusal('subscriptions_max', ReasonCode.quotaExceeded, detail));
    }
    for (const { topic } of filters) {
      checkFilter(topic);
      // aedes sorts filters out in a plain object, where this one is no key.
      if (topic === '__proto__') {
        const detail = 'the filter __proto__ cannot be kept';
        fail(new Refusal('filter_invalid', ReasonCode.topicFilterInvalid, detail));
      }
    }
  };

  parser._parseUnsubscribe = () => {
    _parseUnsubscribe.call(parser);
    if (parser.error !== null) return;
    const filters = parser.packet.unsubscriptions ?? [];
    // [MQTT-3.10.3-2]
    if (filters.length === 0) malformed('UNSUBSCRIBE without a topic filter');
    for (const filter of filters) checkFilter(filter);
  };

  function checkFilter(filter: string): void {
    const detail = isTopicFilter(filter) ? sizeFault(filter, limits) : 'not well formed';
    if (detail !== null) {
      const code = ReasonCode.topicFilterInvalid;
      fail(new Refusal('filter_invalid', code, `a topic filter is ${detail}`));
    }
  }
}

/** True when `scan` is of `topic` and has nothing against it. */
function isPlain(topic: string, { topicBytesMax, topicLevelsMax }: Limits): boolean {
  // A UTF-16 unit takes at most three bytes: most topics need no count.
  return !scan.hasWildcard && scan.levels <= topicLevelsMax && topic.length * 3 <= topicBytesMax;
}

/** Null for a good topic name, otherwise what is wrong with it. */
function topicFault(topic: string, limits: Limits): string | null {
  // [MQTT-4.7.3-1]
  if (topic.length === 0) return 'empty';
  // [MQTT-3.3.2-2]
  if (topic.includes('#') || topic.includes('+')) return 'a filter';
  return sizeFault(topic, limits);
}

function sizeFault(topic: string, { topicBytesMax, topicLevelsMax }: Limits): string | null {
  if (Buffer.byteLength(topic) > topicBytesMax) return 'too long';
  return topic.split('/').length > topicLevelsMax ? 'too deep' : null;
}
