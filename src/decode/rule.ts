// What is done with the messages of one topic pattern: the payload's bytes to a text, the text to
// documents, each document walked once along the rule's paths.

import type { DeadLetterReason } from '../core/contracts.ts';
import type { BuiltinCall } from './builtin-call.ts';
import type { ByteParser } from './byte-payload.ts';
import type { ChecksumRule } from './checksum.ts';
import { verifyChecksum } from './checksum.ts';
import type { Emission } from './emission.ts';
import type { Field, TimeRule } from './field.ts';
import { applyTime } from './field.ts';
import { judgeName, quote } from './names.ts';
import type { PathAutomaton, State } from './path-automaton.ts';
import type { Expander, Parsed, PayloadParser } from './payload-format.ts';
import type { Template } from './template.ts';
import { renderTemplate } from './template.ts';

export interface Rule {
  readonly profile: string;
  /** Reads the bytes instead of all that follows here; null for the declarative formats. */
  readonly builtin: BuiltinCall | null;
  readonly parse: PayloadParser;
  /** From the bytes to the text that is parsed; null when they are none. */
  readonly readText: (payload: Uint8Array) => string | null;
  /** Reads the payload's bytes in place of `parse`; null where it is a text. */
  readonly parseBytes: ByteParser | null;
  /** What is done with a document before it is walked; null for nothing. */
  readonly expand: Expander | null;
  /** Within which the same readings again are duplicates; 0 for never. */
  readonly duplicatesUs: number;
  readonly isSplit: boolean;
  readonly checksum: ChecksumRule | null;
  readonly automaton: PathAutomaton<Field>;
  readonly device: Template;
  /** The device needs nothing of the payload, so a route knows it once and for all. */
  readonly isDeviceOfTopic: boolean;
  /** Null where no time is sent, or where it stands beside each value. */
  readonly time: TimeRule | null;
}

const linesMax = 1000;

/** Decodes the text into the emission. `device` is the route's, empty where the payload names it. */
export function runRule(rule: Rule, text: string, device: string, emission: Emission): void {
  emission.device = device;
  if (!rule.isSplit) {
    runRecord(rule, text, emission);
    return;
  }
  const lines = text.split(/\r\n|\r|\n/, linesMax + 1);
  if (lines.length > linesMax) emission.reject('too_many_readings', `more than ${linesMax} lines`);
  for (const line of lines.slice(0, linesMax)) {
    if (emission.isOver) return;
    if (line.trim() !== '') runRecord(rule, line, emission);
  }
}

function runRecord(rule: Rule, text: string, emission: Emission): void {
  let record = text;
  if (rule.checksum !== null) {
    const verified = verifyChecksum(rule.checksum, text);
    if ('fault' in verified) {
      emission.reject('checksum', verified.fault);
      return;
    }
    record = verified.covered;
  }
  runParsed(rule, rule.parse(record), emission);
}

function runParsed(rule: Rule, parsed: Parsed, emission: Emission): void {
  if ('document' in parsed) {
    const fault = rule.expand === null ? null : rule.expand(parsed.document);
    if (fault === null) runDocument(rule, parsed.document, emission);
    else emission.reject(fault.fault, fault.detail);
  } else if ('fault' in parsed) {
    emission.reject(parsed.fault, parsed.detail);
  } else {
    emission.drop(parsed.ignored);
  }
}

/** The same for a rule that reads bytes. */
export function runBytes(
  rule: Rule,
  payload: Uint8Array,
  device: string,
  emission: Emission,
): void {
  emission.device = device;
  runParsed(rule, rule.parseBytes!(payload), emission);
}

export function runDocument(rule: Rule, document: unknown, emission: Emission): void {
  emission.root = document;
  emission.depth = -1;
  if (rule.time !== null) applyTime(rule.time, emission);
  const { start } = rule.automaton;
  if (start.leaves.length > 0 && !isContainer(document)) {
    for (const field of start.leaves) field.emit(document, emission);
    return;
  }
  if (!isContainer(document) || (Array.isArray(document) && start.items === null)) {
    const found = Array.isArray(document)
      ? 'an array'
      : `a ${document === null ? 'null' : typeof document}`;
    emission.reject('wrong_type', `the payload is ${found} and not an object`);
    return;
  }
  walk(start, document, 0, emission);
}

function isContainer(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

/** Depth is bounded by the longest path of the rule, whatever the payload. */
function walk(state: State<Field>, container: object, depth: number, emission: Emission): void {
  emission.containers[depth] = container;
  if (Array.isArray(container)) {
    walkItems(state, container, depth, emission);
    return;
  }
  for (const key in container) {
    const transition = state.next(key);
    if (transition === null) continue;
    const { writes } = transition;
    for (let at = 0; at < writes.length; at += 2) {
      emission.slots[writes[at] as number] = writes[at + 1] as string;
    }
    arrive(transition.state, (container as Record<string, unknown>)[key], depth, emission);
    if (emission.isOver) return;
  }
}

function walkItems(
  state: State<Field>,
  container: readonly unknown[],
  depth: number,
  emission: Emission,
): void {
  const { items } = state;
  if (items === null) {
    emission.visit();
    return;
  }
  for (const [index, value] of container.entries()) {
    for (const slot of items.indexSlots) emission.slots[slot] = String(index);
    arrive(items.transition.state, value, depth, emission);
    if (emission.isOver || !emission.visit()) return;
  }
}

function arrive(state: State<Field>, value: unknown, depth: number, emission: Emission): void {
  const isWay = state.hasChildren && isContainer(value);
  if (isWay && !(Array.isArray(value) && state.items === null && state.leaves.length > 0)) {
    walk(state, value, depth + 1, emission);
    return;
  }
  emission.depth = depth;
  for (const field of state.leaves) field.emit(value, emission);
}

/** The device of a route, judged; empty where only the payload can tell. */
export function deviceOfRoute(
  rule: Rule,
  captures: readonly string[],
): { readonly device: string } | { readonly fault: DeadLetterReason; readonly detail: string } {
  if (!rule.isDeviceOfTopic) return { device: '' };
  const scope = { slots: [...captures], root: null, containers: [], depth: -1 };
  const device = renderTemplate(rule.device, scope) ?? '';
  const fault = judgeName(device);
  if (fault === null) return { device };
  const detail = device === '' ? 'the device has no name' : `the device ${quote(device)}`;
  return { fault, detail };
}
