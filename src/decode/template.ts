// A text that a profile puts together out of captures and fields of the payload: `{device}`,
// `{model}/{$.id}`, `{.Id}`; in a list the first one of which every part is there is taken.

import { NotationError } from './segment-pattern.ts';

/** Where the values of one message are found while it is walked. */
export interface Scope {
  /** The captured texts by slot. */
  readonly slots: string[];
  /** The whole document. */
  root: unknown;
  /** The containers from the document down to the one that holds the value; `depth` is the last one's index. */
  readonly containers: unknown[];
  depth: number;
}

/** A field of the payload: `$.a.b` from the document, `.Id` beside the value, `..name` one level up. */
export interface FieldReference {
  /** Levels above the value's own container, or null for a reference from the document. */
  readonly up: number | null;
  readonly keys: readonly string[];
}

type Part = string | { readonly slot: number } | FieldReference;

export interface Template {
  readonly alternatives: readonly (readonly Part[])[];
  /** The text when it needs neither a capture nor the payload, else null. */
  readonly constant: string | null;
}

/** Stands in for one that could not be parsed, so that the rest of a profile is checked all the same. */
export const noTemplate: Template = { alternatives: [[]], constant: '' };

export function asList(texts: string | readonly string[]): readonly string[] {
  return typeof texts === 'string' ? [texts] : texts;
}

const reference = /^(\$\.|\.{1,4})?(.+)$/s;

/** Parses `ts`, `$.ts`, `.ts` or `..ts`; without a sign it is meant from the document. */
export function parseReference(source: string): FieldReference {
  const match = reference.exec(source);
  if (match === null || match[2]!.startsWith('.')) {
    throw new NotationError(`"${source}" is no reference; write $.a.b, .beside or ..above`);
  }
  const sign = match[1] ?? '$.';
  return { up: sign === '$.' ? null : sign.length - 1, keys: match[2]!.split('.') };
}

export function readReference({ up, keys }: FieldReference, scope: Scope): unknown {
  let value = up === null ? scope.root : scope.containers[scope.depth - up];
  for (const key of keys) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Record<string, unknown>)[key];
  }
  return value;
}

/**
 * Throws NotationError. `slotOf` gives a capture's slot, undefined for a name that is not captured: such
 * an alternative is passed over, for several matches of a profile share one list, unless it is the last hope.
 */
export function parseTemplate(
  sources: readonly string[],
  slotOf: (name: string) => number | undefined,
): Template {
  const alternatives: (readonly Part[])[] = [];
  let fault: UnknownCapture | undefined;
  for (const source of sources) {
    try {
      alternatives.push(parseParts(source, slotOf));
    } catch (thrown) {
      if (!(thrown instanceof UnknownCapture)) throw thrown;
      fault ??= thrown;
    }
  }
  if (alternatives.length === 0 && fault !== undefined) throw fault;
  const first = alternatives[0] ?? [];
  const isConstant = first.every((part) => typeof part === 'string');
  return { alternatives, constant: isConstant ? first.join('') : null };
}

class UnknownCapture extends NotationError {}

function parseParts(source: string, slotOf: (name: string) => number | undefined): Part[] {
  const parts: Part[] = [];
  let end = 0;
  for (const match of source.matchAll(/\{([^{}]+)\}/g)) {
    if (match.index > end) parts.push(source.slice(end, match.index));
    parts.push(parsePart(match[1]!, source, slotOf));
    end = match.index + match[0].length;
  }
  if (end < source.length) parts.push(source.slice(end));
  return parts;
}

function parsePart(
  inner: string,
  source: string,
  slotOf: (name: string) => number | undefined,
): Part {
  if (inner.startsWith('.') || inner.startsWith('$')) return parseReference(inner);
  const slot = slotOf(inner);
  if (slot === undefined) {
    throw new UnknownCapture(
      `"${source}" uses {${inner}}, which neither the topic nor the path captures; a field of the payload is {$.${inner}} or {.${inner}}`,
    );
  }
  return { slot };
}

function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value === '' ? undefined : value;
  return typeof value === 'number' && Number.isFinite(value) ? String(value) : undefined;
}

/** The text, or undefined when no alternative has all its parts. */
export function renderTemplate(template: Template, scope: Scope): string | undefined {
  if (template.constant !== null) return template.constant;
  for (const parts of template.alternatives) {
    const text = renderParts(parts, scope);
    if (text !== undefined) return text;
  }
  return undefined;
}

function renderParts(parts: readonly Part[], scope: Scope): string | undefined {
  let text = '';
  for (const part of parts) {
    let piece: string | undefined;
    if (typeof part === 'string') piece = part;
    else if ('slot' in part) piece = scope.slots[part.slot];
    else piece = textOf(readReference(part, scope));
    if (piece === undefined) return undefined;
    text = text === '' ? piece : text + piece;
  }
  return text;
}

/** Whether a part stands beside the value, and not in the document or the captures. */
export function refersBeside(template: Template): boolean {
  return template.alternatives.some((parts) =>
    parts.some((part) => typeof part === 'object' && 'up' in part && part.up !== null),
  );
}

/** The first keys of references from the document: fields that a wildcard reading must leave alone. */
export function rootKeysOf(template: Template): string[] {
  return template.alternatives.flatMap((parts) =>
    parts.flatMap((part) =>
      typeof part === 'object' && 'up' in part && part.up === null ? [part.keys[0]!] : [],
    ),
  );
}
