// For a field that does not exist in a profile, the one that was probably meant.

import { profileJsonSchema } from './profile-schema.ts';

const distanceMax = 2;

function fieldsOf(schema: unknown, fields: Set<string>): void {
  if (typeof schema !== 'object' || schema === null) return;
  for (const [key, value] of Object.entries(schema)) {
    if (key === 'properties') for (const field of Object.keys(value as object)) fields.add(field);
    fieldsOf(value, fields);
  }
}

let known: ReadonlySet<string> | undefined;

function knownFields(): ReadonlySet<string> {
  if (known === undefined) {
    const fields = new Set<string>();
    fieldsOf(profileJsonSchema(), fields);
    known = fields;
  }
  return known;
}

/** Levenshtein's distance: letters to change, add or leave out. */
function distance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (const [at, letter] of [...from].entries()) {
    const next = [at + 1];
    for (let index = 0; index < to.length; index += 1) {
      const change = row[index]! + (to[index] === letter ? 0 : 1);
      next.push(Math.min(change, row[index + 1]! + 1, next[index]! + 1));
    }
    row = next;
  }
  return row[to.length]!;
}

/** Null when nothing is near enough to be meant. */
export function nearestField(name: string): string | null {
  if (name.length > 32) return null;
  let best: string | null = null;
  let least = Math.min(distanceMax, name.length - 2) + 1;
  for (const field of knownFields()) {
    const steps = distance(name.toLowerCase(), field.toLowerCase());
    if (steps >= least) continue;
    least = steps;
    best = field;
  }
  return best;
}
