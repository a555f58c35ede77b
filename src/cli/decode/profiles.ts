// The profiles that `decode` works with: those of the gateway, and one more from a file.

import { readFileSync } from 'node:fs';
import { MillpondError } from '../../core/errors.ts';
import type { Profile } from '../../decode/compile-profile.ts';
import { loadProfiles } from '../../decode/load-profiles.ts';
import { formatProfileError, parseProfileOrThrow } from '../../decode/parse-profile.ts';
import { systemReason } from './payload.ts';

export interface GatheredProfiles {
  /** In the order in which equal claims to a topic are settled. */
  readonly profiles: readonly Profile[];
  /** The name of the one from the file; null without a file. */
  readonly own: string | null;
  /** Profiles that are left out, each with its place and reason. */
  readonly problems: readonly string[];
}

/** The one from the file takes the place of another of its name. Throws PROFILE_INVALID for it. */
export function gatherProfiles(
  folders: readonly string[],
  file: string | undefined,
): GatheredProfiles {
  const { profiles, errors } = loadProfiles({ folders });
  const problems = errors.map(formatProfileError);
  if (file === undefined) return { profiles, own: null, problems };
  const own = parseProfileOrThrow(readText(file), file);
  const others = profiles.filter(({ name }) => name !== own.name);
  return { profiles: [own, ...others], own: own.name, problems };
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    const message = `cannot read the profile ${file}: ${systemReason(cause)}`;
    throw new MillpondError('PROFILE_INVALID', message, { cause });
  }
}
