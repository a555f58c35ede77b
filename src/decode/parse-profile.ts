// A profile's text to a profile, or to all that is wrong with it: each problem with its line, its column
// and what would be right.

import type { Document, Node } from 'yaml';
import { isMap, isPair, isScalar, LineCounter, parseDocument } from 'yaml';
import { MillpondError } from '../core/errors.ts';
import type { Profile } from './compile-profile.ts';
import { compileProfile } from './compile-profile.ts';
import { nearestField } from './nearest-field.ts';
import type { DocumentPath } from './problems.ts';
import { profileSchema } from './profile-schema.ts';

export interface ProfileError {
  readonly file: string;
  /** Counted from 1. */
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

export interface ParsedProfile {
  readonly profile: Profile | null;
  readonly errors: readonly ProfileError[];
}

/** Never throws; `profile` is null exactly when there are errors. */
export function parseProfile(text: string, file: string): ParsedProfile {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true });
  const locate = (offset: number, message: string): ProfileError => {
    const { line, col } = lines.linePos(offset);
    return { file, line: Math.max(line, 1), column: Math.max(col, 1), message };
  };
  const faults = [...document.errors, ...document.warnings];
  if (faults.length > 0) {
    const errors = faults.map((fault) =>
      locate(fault.pos[0], fault.message.split(' at line ')[0]!),
    );
    return { profile: null, errors };
  }
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: 100 });
  } catch (thrown) {
    const message = thrown instanceof Error ? thrown.message : String(thrown);
    return { profile: null, errors: [locate(0, message)] };
  }
  const report = (path: DocumentPath, message: string) =>
    locate(offsetOf(document, path), `${nameOf(path)}${message}`);
  const checked = profileSchema.safeParse(value);
  if (!checked.success) {
    const errors = checked.error.issues.flatMap((issue) => describe(issue, [], document, report));
    return { profile: null, errors: sorted(errors) };
  }
  const { profile, problems } = compileProfile(checked.data, file);
  return { profile, errors: sorted(problems.map(({ path, message }) => report(path, message))) };
}

/** Throws PROFILE_INVALID with every error in its message, one a line. */
export function parseProfileOrThrow(text: string, file: string): Profile {
  const { profile, errors } = parseProfile(text, file);
  if (profile !== null) return profile;
  throw new MillpondError('PROFILE_INVALID', errors.map(formatProfileError).join('\n'));
}

export function formatProfileError({ file, line, column, message }: ProfileError): string {
  return `${file}:${line}:${column}: ${message}`;
}

function sorted(errors: readonly ProfileError[]): ProfileError[] {
  return errors.toSorted((a, b) => a.line - b.line || a.column - b.column);
}

type Issue = NonNullable<ReturnType<typeof profileSchema.safeParse>['error']>['issues'][number];

/** Of a union's alternatives, the one that came furthest says best what was meant. */
function describe(
  issue: Issue,
  base: DocumentPath,
  document: Document,
  report: (path: DocumentPath, message: string) => ProfileError,
): ProfileError[] {
  const path = [...base, ...(issue.path as DocumentPath)];
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => {
      const near = nearestField(key);
      const hint = near === null ? '' : `; did you mean ${near}?`;
      return report([...path, key], `there is no such field${hint}`);
    });
  }
  if (issue.code === 'invalid_union') {
    const reach = (issues: readonly Issue[]) =>
      Math.max(
        0,
        ...issues.map((inner) => inner.path.length + (inner.code === 'unrecognized_keys' ? 1 : 0)),
      );
    const best = issue.errors.toSorted((a, b) => reach(b) - reach(a))[0];
    if (best !== undefined && reach(best) > 0) {
      return best.flatMap((inner) => describe(inner, path, document, report));
    }
    const expected = issue.errors.flatMap((inner) => inner.map(({ message }) => message));
    return [report(path, [...new Set(expected)].join(', or '))];
  }
  return [report(path, issue.message)];
}

function nameOf(path: DocumentPath): string {
  if (path.length === 0) return '';
  const name = path.map((step) => (typeof step === 'number' ? `[${step}]` : `.${step}`)).join('');
  return `${name.replace(/^\./, '')}: `;
}

/** Where the node at the path begins; of a path that leads nowhere, its last step that exists. */
function offsetOf(document: Document, path: DocumentPath): number {
  let offset = startOf(document.contents);
  let node: unknown = document.contents;
  for (const step of path) {
    if (isMap(node)) {
      const pair = node.items.find(
        (item) => isPair(item) && isScalar(item.key) && item.key.value === step,
      );
      if (pair === undefined) return offset;
      offset = startOf(pair.key);
      node = pair.value;
    } else if (
      typeof step === 'number' &&
      node !== null &&
      typeof node === 'object' &&
      'items' in node
    ) {
      node = (node as { items: unknown[] }).items[step];
      if (node === undefined) return offset;
      offset = startOf(node) || offset;
    } else {
      return offset;
    }
  }
  return offset;
}

function startOf(node: unknown): number {
  return (node as Node | null | undefined)?.range?.[0] ?? 0;
}
