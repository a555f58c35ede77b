// The decoder of the log thread: a raw message in, its readings out, with what was dropped and why.
// Pure but for its caches, and total: whatever the topic and the payload, it answers and never throws.

import type { DeadLetterReason, Decoded, Decoder, DropReason } from '../core/contracts.ts';
import { READINGS_TOPIC } from '../core/published-reading.ts';
import type { RawMessage } from '../core/raw-message.ts';
import { runBuiltin } from './builtin-call.ts';
import type { Profile, ProfileRoute } from './compile-profile.ts';
import { DecoderMemory } from './decoder-memory.ts';
import { Emission } from './emission.ts';
import type { OpenRoute } from './fallback.ts';
import { fallbackRoute, runFallback } from './fallback.ts';
import type { PortTopicRules } from './modbus-rules.ts';
import { readText } from './payload-text.ts';
import { decodeReadings } from './published-readings.ts';
import { RouteCache } from './route-cache.ts';
import type { Rule } from './rule.ts';
import { deviceOfRoute, runBytes, runRule } from './rule.ts';
import { TopicIndex } from './topic-index.ts';
import { parseTopicPattern } from './topic-pattern.ts';

export interface DecoderOptions {
  readonly profiles: readonly Profile[];
  /** A device's time that is off by more is kept but marked; 24 hours. */
  readonly maxClockSkewUs?: number;
  /** The profile by name for each serial port, by the port's source name. A name not loaded is left out. */
  readonly profileByPort?: ReadonlyMap<string, string>;
  /** For the messages of a port by their topic: those of a Modbus bus. They go before the port's profile. */
  readonly rulesByPortTopic?: PortTopicRules;
  readonly readingsMax?: number;
  /** Topics remembered; a topic beyond them costs a search, not a failure. */
  readonly routesMax?: number;
  readonly routeBytesMax?: number;
  /** That of the decoder before this one, where profiles were reloaded. */
  readonly memory?: DecoderMemory;
}

interface RuleRoute {
  readonly kind: 'rule';
  readonly rule: Rule;
  readonly captures: readonly string[];
  readonly device: string;
}

type Route = RuleRoute | { readonly kind: 'settled'; readonly decoded: Decoded } | OpenRoute;

/** Longer topics are refused before anything looks into them. */
const topicLengthMax = 1024;

const brokerTopics = [
  'homeassistant/+/+/config',
  'homeassistant/+/+/+/config',
  'homeassistant/status',
].map((source) => ({
  pattern: parseTopicPattern(source),
  target: { ignored: 'broker_traffic' as const },
}));

const nothing: readonly never[] = Object.freeze([]);

function dropped(profile: string, reason: DropReason): Decoded {
  return { profile, readings: nothing, dropped: Object.freeze([reason]), deadLetter: null };
}

function dead(profile: string, reason: DeadLetterReason, detail: string): Decoded {
  return { profile, readings: nothing, dropped: nothing, deadLetter: { reason, detail } };
}

interface Target {
  readonly profile: string;
  readonly action: ProfileRoute['target'];
}

class ProfileDecoder implements Decoder {
  readonly #topics = new TopicIndex<Target>();
  readonly #ports = new Map<string, Rule>();
  readonly #portTopics: PortTopicRules;
  readonly #cache: RouteCache<Route>;
  readonly #emission: Emission;
  readonly #memory: DecoderMemory;

  constructor(options: DecoderOptions) {
    this.#cache = new RouteCache({
      routesMax: options.routesMax ?? 20_000,
      routeBytesMax: options.routeBytesMax ?? 4 * 1024 * 1024,
    });
    const limits = {
      readingsMax: options.readingsMax ?? 1000,
      maxClockSkewUs: options.maxClockSkewUs ?? 24 * 3600 * 1_000_000,
    };
    this.#portTopics = options.rulesByPortTopic ?? new Map();
    this.#memory = options.memory ?? new DecoderMemory();
    this.#emission = new Emission(limits, this.#memory);
    for (const { name, priority, routes } of options.profiles) {
      for (const { pattern, target } of routes) {
        this.#topics.add({ pattern, priority, target: { profile: name, action: target } });
      }
    }
    for (const { pattern, target } of brokerTopics) {
      this.#topics.add({ pattern, priority: 0, target: { profile: '', action: target } });
    }
    for (const [port, name] of options.profileByPort ?? []) {
      const rule = options.profiles.find((profile) => profile.name === name)?.portRule;
      if (rule !== undefined && rule !== null) this.#ports.set(port, rule);
    }
  }

  decode(message: RawMessage): Decoded {
    try {
      return this.#decode(message);
    } catch (thrown) {
      // A fault of ours must not cost the message: it is kept as a dead letter and can be decoded again.
      const detail = thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown);
      return dead('', 'decoder_fault', detail.slice(0, 200));
    }
  }

  #decode(message: RawMessage): Decoded {
    const { topic, source } = message;
    if (source === 'grpc' && topic === READINGS_TOPIC) return this.#decodeReadings(message);
    const isPort = source !== 'mqtt' && source !== 'grpc';
    const key = isPort ? `${source}\n${topic}` : topic;
    let route = this.#cache.get(key);
    if (route === undefined) {
      if (topic.length > topicLengthMax) {
        return dead('', 'name_too_long', `a topic of ${topic.length} characters`);
      }
      route = this.#findRoute(topic, source, isPort);
      this.#cache.set(key, route);
    }
    if (route.kind === 'settled') return route.decoded;
    const profile = route.kind === 'rule' ? route.rule.profile : '';
    if (message.fault !== undefined) return dead(profile, message.fault, 'found by the framing');
    if (message.payload.length === 0) return dropped(profile, 'empty_payload');
    if (route.kind === 'rule' && (route.rule.builtin ?? route.rule.parseBytes) !== null) {
      return this.#decodeBytes(message, route);
    }
    const text =
      route.kind === 'rule' ? route.rule.readText(message.payload) : readText(message.payload);
    if (text === null) return dead(profile, 'invalid_utf8', 'the payload is not UTF-8');
    // Only a text that begins with a blank can be nothing but blanks.
    if (!(text.charCodeAt(0) > 0x20) && text.trim() === '')
      return dropped(profile, 'empty_payload');
    const emission = this.#emission;
    emission.begin(message);
    if (route.kind === 'open') {
      runFallback(route, text, emission);
    } else {
      emission.capture(route.captures);
      runRule(route.rule, text, route.device, emission);
    }
    return this.#end(route, message);
  }

  #decodeReadings(message: RawMessage): Decoded {
    const emission = this.#emission;
    emission.begin(message);
    decodeReadings(message.payload, emission);
    return emission.end('');
  }

  #decodeBytes(message: RawMessage, route: RuleRoute): Decoded {
    const emission = this.#emission;
    const { rule, captures, device } = route;
    emission.begin(message);
    emission.capture(captures);
    if (rule.builtin === null) {
      runBytes(rule, message.payload, device, emission);
    } else {
      emission.device = device;
      runBuiltin(rule.builtin, message.payload, emission);
    }
    return this.#end(route, message);
  }

  #end(route: RuleRoute | OpenRoute, { receivedAtUs }: RawMessage): Decoded {
    if (route.kind === 'open') return this.#emission.end('');
    const { profile, duplicatesUs } = route.rule;
    const decoded = this.#emission.end(profile);
    if (duplicatesUs === 0) return decoded;
    const { readings, dropped, deadLetter } = decoded;
    if (!this.#memory.duplicates.isDuplicate(readings, duplicatesUs, receivedAtUs)) return decoded;
    const repeated = readings.map((): DropReason => 'duplicate');
    return { profile, readings: nothing, dropped: [...dropped, ...repeated], deadLetter };
  }

  #findRoute(topic: string, source: string, isPort: boolean): Route {
    if (isPort) {
      const rule = this.#portTopics.get(source)?.get(topic) ?? this.#ports.get(source);
      if (rule !== undefined) return routeOf(rule, [topic]);
    } else {
      const found = this.#topics.find(topic);
      if (found !== null) {
        const { profile, action } = found.target;
        if ('ignored' in action)
          return { kind: 'settled', decoded: dropped(profile, action.ignored) };
        return routeOf(action, found.captures);
      }
    }
    const route = fallbackRoute(topic, source, isPort);
    if (route.kind === 'open') return route;
    if (route.kind === 'ignored') return { kind: 'settled', decoded: dropped('', route.reason) };
    return { kind: 'settled', decoded: dead('', route.reason, route.detail) };
  }
}

function routeOf(rule: Rule, captures: readonly string[]): Route {
  const found = deviceOfRoute(rule, captures);
  if ('fault' in found) {
    return { kind: 'settled', decoded: dead(rule.profile, found.fault, found.detail) };
  }
  return { kind: 'rule', rule, captures, device: found.device };
}

/** A decoder for one thread; it is not re-entrant. Of profiles with equal claims the first one wins. */
export function createDecoder(options: DecoderOptions): Decoder {
  return new ProfileDecoder(options);
}
