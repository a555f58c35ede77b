// Reads the profiles of the devices/ folder and of the user's own folders. A bad file costs itself and
// not the others; a user's profile takes the place of the built-in one of the same name.

import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Profile } from './compile-profile.ts';
import type { ParsedProfile, ProfileError } from './parse-profile.ts';
import { ParsedFiles } from './parsed-files.ts';

export interface LoadedProfiles {
  /** The user's first, then the built-in ones, each by file name: the order in which equal claims are settled. */
  readonly profiles: readonly Profile[];
  readonly errors: readonly ProfileError[];
}

export interface LoadOptions {
  /** Extra folders (`profiles` in the config); a later one overrides an earlier one. */
  readonly folders?: readonly string[];
  /** Stands in for the package's own devices/ folder; null loads none. */
  readonly builtInFolder?: string | null;
}

const fileBytesMax = 256 * 1024;
const filesMax = 2000;

/** devices/ beside src/ or dist/, wherever the package is installed. */
export const builtInFolder: string = fileURLToPath(new URL('../../devices', import.meta.url));

/** Never throws: what cannot be read or compiled is in `errors`. Closures do not cross threads; each loads its own. */
export function loadProfiles(options: LoadOptions = {}, parsed?: ParsedFiles): LoadedProfiles {
  const steps = loadInSteps(options, parsed);
  for (;;) {
    const { done, value } = steps.next();
    if (done === true) return value;
  }
}

/** The same in steps, each of one file that had to be parsed: some milliseconds. */
export function* loadInSteps(
  options: LoadOptions,
  parsed: ParsedFiles = new ParsedFiles(),
): Generator<undefined, LoadedProfiles> {
  const files = new Set<string>();
  const errors: ProfileError[] = [];
  const byName = new Map<string, Profile>();
  const own = options.builtInFolder === undefined ? builtInFolder : options.builtInFolder;
  for (const folder of [...(own === null ? [] : [own]), ...(options.folders ?? [])]) {
    const names = new Set<string>();
    for (const file of listFiles(folder, errors)) {
      files.add(file);
      const { profile, errors: found, isNew } = loadFile(file, parsed);
      errors.push(...found);
      if (isNew) yield;
      if (profile === null) continue;
      const other = byName.get(profile.name);
      if (names.has(profile.name) && other !== undefined) {
        errors.push(fileError(profile.file, `${other.file} already has the name ${profile.name}`));
        continue;
      }
      names.add(profile.name);
      byName.delete(profile.name);
      byName.set(profile.name, profile);
    }
  }
  parsed.keep(files);
  const isBuiltIn = (profile: Profile) => own !== null && profile.file.startsWith(own);
  const profiles = [...byName.values()];
  return {
    profiles: [
      ...profiles.filter((profile) => !isBuiltIn(profile)),
      ...profiles.filter((profile) => isBuiltIn(profile)),
    ],
    errors,
  };
}

function listFiles(folder: string, errors: ProfileError[]): string[] {
  let files: string[];
  try {
    files = readdirSync(folder)
      .filter((file) => /\.ya?ml$/.test(file))
      .sort();
  } catch (thrown) {
    errors.push(fileError(folder, `the folder cannot be read: ${messageOf(thrown)}`));
    return [];
  }
  if (files.length > filesMax) {
    errors.push(
      fileError(folder, `${files.length} profiles; only the first ${filesMax} are loaded`),
    );
  }
  return files.slice(0, filesMax).map((file) => join(folder, file));
}

function loadFile(file: string, parsed: ParsedFiles): ParsedProfile & { readonly isNew: boolean } {
  const failed = (message: string) => {
    return { profile: null, errors: [fileError(file, message)], isNew: false };
  };
  try {
    const { size } = statSync(file);
    if (size > fileBytesMax) {
      return failed(`${size} bytes; a profile has at most ${fileBytesMax}`);
    }
    return parsed.parse(readFileSync(file, 'utf8'), file);
  } catch (thrown) {
    return failed(`cannot be read: ${messageOf(thrown)}`);
  }
}

function fileError(file: string, message: string): ProfileError {
  return { file, line: 1, column: 1, message };
}

function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
