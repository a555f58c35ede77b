// For a field that does not exist in a profile, the one that was probably meant.

import { nearest } from '../core/nearest.ts';
import { profileJsonSchema } from './profile-schema.ts';

function fieldsOf(schema: unknown, fields: Set<string>): void {
  if (typeof schema !== 'object' || schema === null) return;
  for (const [key, value] of Object.entries(schema)) {
    if (key === 'properties') for (const field of Object.keys(value as object)) fields.add(field);
    fieldsOf(value, fields);
  }
}

let known: readonly string[] | undefined;

/** Null when nothing is near enough to be meant. */
export function nearestField(name: string): string | null {
  if (known === undefined) {
    const fields = new Set<string>();
    fieldsOf(profileJsonSchema(), fields);
    known = [...fields];
  }
  return nearest(name, known);
}
