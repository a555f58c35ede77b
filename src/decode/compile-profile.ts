// A profile as written becomes a profile that decodes: patterns, paths and templates parsed once, every
// name and unit checked. All problems are found in one go, each with its place in the document.

import type { DropReason } from '../core/contracts.ts';
import type { BuiltinCall } from './builtin-call.ts';
import { Body, compileBytes, compileChecksum, compileFormat, compileTime } from './compile-body.ts';
import { compileBuiltin, unknownDecoder } from './compile-builtin.ts';
import { compileReading } from './compile-reading.ts';
import type { Field, TimeRule, TimeSource } from './field.ts';
import type { PathAutomaton } from './path-automaton.ts';
import { PathAutomatonBuilder } from './path-automaton.ts';
import type { PathSegment } from './path-pattern.ts';
import { parsePath } from './path-pattern.ts';
import { parseNumber } from './payload-format.ts';
import { readSignText, readText } from './payload-text.ts';
import type { Problem } from './problems.ts';
import { Problems } from './problems.ts';
import type { BodyDocument, ExampleDocument, ProfileDocument } from './profile-schema.ts';
import type { Rule } from './rule.ts';
import { NotationError } from './segment-pattern.ts';
import type { Template } from './template.ts';
import { asList, noTemplate, parseTemplate, refersBeside, rootKeysOf } from './template.ts';
import type { TopicPattern } from './topic-pattern.ts';
import { parseTopicPattern } from './topic-pattern.ts';

export interface ProfileRoute {
  readonly pattern: TopicPattern;
  readonly target: Rule | { readonly ignored: DropReason };
}

export interface Profile {
  readonly name: string;
  readonly title: string;
  /** The file it came from; empty for one made in memory. */
  readonly file: string;
  readonly priority: number;
  readonly routes: readonly ProfileRoute[];
  /** For a serial port that names the profile in its config; null when only topics are described. */
  readonly portRule: Rule | null;
  readonly examples: readonly ExampleDocument[];
}

/** The profile, or null with the problems that keep it from being one. */
export function compileProfile(
  document: ProfileDocument,
  file = '',
): { readonly profile: Profile | null; readonly problems: readonly Problem[] } {
  const problems = new Problems();
  const routes: ProfileRoute[] = [];
  for (const [index, entry] of (document.ignore ?? []).entries()) {
    const ignore = typeof entry === 'string' ? { topic: entry, reason: undefined } : entry;
    const at = typeof entry === 'string' ? ['ignore', index] : ['ignore', index, 'topic'];
    const pattern = problems.at(at, () => parseTopicPattern(ignore.topic));
    if (pattern !== undefined) {
      routes.push({ pattern, target: { ignored: ignore.reason ?? 'ignored_topic' } });
    }
  }
  for (const [index, entry] of (document.match ?? []).entries()) {
    const { topic, ...overrides } = typeof entry === 'string' ? { topic: entry } : entry;
    const at = typeof entry === 'string' ? ['match', index] : ['match', index, 'topic'];
    const pattern = problems.at(at, () => parseTopicPattern(topic));
    const body = new Body(document, overrides, ['match', index]);
    // A topic that is wrong still says what it means to capture, so that the rest is checked against it.
    const captures = pattern?.captures ?? [...topic.matchAll(/\{(\w+)/g)].map(([, name]) => name!);
    const rule = compileRule(document.profile, body, captures, problems);
    if (pattern !== undefined && rule !== null) routes.push({ pattern, target: rule });
  }
  let portRule: Rule | null = null;
  if (document.readings !== undefined || document.decoder !== undefined) {
    // A body that needs the topic's captures is no fault of a profile that has topics to take them from.
    const own = document.match === undefined ? problems : new Problems();
    const rule = compileRule(document.profile, new Body(document, {}, []), ['port'], own);
    if (own === problems || own.list.length === 0) portRule = rule;
  } else if (document.match === undefined && document.ignore === undefined) {
    problems.add([], 'the profile matches no topic and has no readings; it needs one of them');
  }
  if (problems.list.length > 0) return { profile: null, problems: problems.list };
  const profile: Profile = {
    name: document.profile,
    title: document.title ?? document.profile,
    file,
    priority: document.priority ?? 0,
    routes,
    portRule,
    examples: document.examples ?? [],
  };
  return { profile, problems: [] };
}

function compileRule(
  profile: string,
  body: Body,
  topicCaptures: readonly string[],
  problems: Problems,
): Rule | null {
  const { fields } = body;
  const slotOfTopic = (name: string) => {
    const slot = topicCaptures.indexOf(name);
    return slot < 0 ? undefined : slot;
  };
  const parse = compileFormat(body, problems);
  const hasDeviceCapture = topicCaptures.includes('device') || topicCaptures.includes('port');
  const deviceSources =
    fields.device ?? (slotOfTopic('device') !== undefined ? '{device}' : '{port}');
  const device = problems.at(fields.device === undefined ? body.place : body.at('device'), () => {
    if (fields.device === undefined && !hasDeviceCapture) {
      // The records of a built-in decoder may name their devices themselves.
      if (fields.decoder !== undefined) return noTemplate;
      throw new NotationError(
        'no device: capture {device} in the topic, or say device: "{$.field}"',
      );
    }
    return parseTemplate(asList(deviceSources), slotOfTopic);
  });
  const within = problems.at(body.at('within'), () => parsePath(fields.within ?? []));
  const time = compileTime(body, slotOfTopic, problems);
  const reserved = new Set([
    ...(fields.skip ?? []),
    ...(time?.sources.flatMap(rootKeysOfTime) ?? []),
  ]);
  if (device !== undefined) for (const key of rootKeysOf(device)) reserved.add(key);
  if (fields.readings === undefined && fields.decoder === undefined) {
    problems.add(body.place, 'no readings: list them here or for the whole profile');
    return null;
  }
  const builder = new PathAutomatonBuilder<Field>(topicCaptures.length);
  for (const [index, reading] of (fields.readings ?? []).entries()) {
    const path = problems.at(body.at('readings', index, 'at'), () =>
      pathOf(reading.at, fields, within),
    );
    if (path === undefined) continue;
    builder.add(path, (slots) =>
      compileReading({
        reading,
        body: fields,
        at: (...rest) => body.at('readings', index, ...rest),
        slots,
        slotOfTopic,
        newSlot: () => builder.newSlot(),
        device: device ?? noTemplate,
        time: time !== null && isBeside(time) ? time : null,
        areUnitsTold: body.areUnitsTold,
        reserve: (key) => reserved.add(key),
        problems,
      }),
    );
  }
  const automaton = builder.build(reserved);
  const builtin = compileDecoder(body, automaton, slotOfTopic, problems);
  const checksum = compileChecksum(body, problems);
  const bytes = compileBytes(body, checksum, problems);
  if (device === undefined) return null;
  return {
    profile,
    readText: fields.charset === 'latin1' ? readSignText : readText,
    builtin,
    parse: parse ?? parseNumber,
    parseBytes: bytes.parse,
    expand: bytes.expand,
    duplicatesUs: windowUs(fields.duplicates),
    isSplit: fields.split === 'lines',
    checksum,
    automaton,
    device,
    isDeviceOfTopic: device !== noTemplate && isOfTopic(device),
    time: time !== null && !isBeside(time) ? time : null,
  };
}

function pathOf(
  at: string | readonly string[] | undefined,
  fields: BodyDocument,
  within: readonly PathSegment[] | undefined,
): readonly PathSegment[] {
  const isNumber = fields.format === 'number';
  if (at === undefined && !isNumber) throw new NotationError('`at` is missing: the key to read');
  if (at !== undefined && isNumber)
    throw new NotationError('`at` has no place with format: number');
  return [...(within ?? []), ...parsePath(at ?? '')];
}

function isOfTopic(device: Template): boolean {
  return device.alternatives.every((parts) =>
    parts.every((part) => typeof part === 'string' || 'slot' in part),
  );
}

const windowUnitsUs = { ms: 1000, s: 1_000_000, min: 60_000_000 } as const;

/** Of a text that the schema has let pass. */
function windowUs(window: string | undefined): number {
  const match = /^(\d+) ?(ms|s|min)$/.exec(window ?? '');
  if (match === null) return 0;
  return Number(match[1]) * windowUnitsUs[match[2] as keyof typeof windowUnitsUs];
}

/** Keys of the document itself, which wildcards leave alone. */
function rootKeysOfTime(source: TimeSource): string[] {
  if ('template' in source) return rootKeysOf(source.template);
  return source.reference.up === null ? [source.reference.keys[0]!] : [];
}

function isBeside(time: TimeRule): boolean {
  return time.sources.some((source) =>
    'reference' in source ? source.reference.up !== null : refersBeside(source.template),
  );
}

function compileDecoder(
  body: Body,
  automaton: PathAutomaton<Field>,
  slotOf: (name: string) => number | undefined,
  problems: Problems,
): BuiltinCall | null {
  const { decoder, argument, readings } = body.fields;
  if (decoder === undefined) {
    if (argument !== undefined) problems.add(body.at('argument'), 'argument needs decoder');
    return null;
  }
  for (const field of ['format', 'split', 'checksum', 'bytes', 'time', 'within'] as const) {
    if (body.fields[field] !== undefined) {
      problems.add(body.at(field), `${field} has no place with a decoder, which reads it all`);
    }
  }
  const template =
    argument === undefined
      ? null
      : (problems.at(body.at('argument'), () => parseTemplate(asList(argument), slotOf)) ?? null);
  const call = compileBuiltin(decoder, template, readings === undefined ? null : automaton);
  if (call === undefined) problems.add(body.at('decoder'), unknownDecoder(decoder));
  return call ?? null;
}
