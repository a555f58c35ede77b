// The gateway's stable words for why, in sentences that say what to do. A word that is not known yet
// is shown as it is.

const deadLetters: Readonly<Record<string, string>> = {
  invalid_json: 'It looks like JSON and is not well formed.',
  invalid_utf8: 'Its text is not UTF-8.',
  invalid_number: 'Where a number belongs stands something else.',
  wrong_type: 'A field is of another kind than the profile says.',
  out_of_range: 'A value is beyond what the profile allows.',
  too_deep: 'Its JSON is nested too deep.',
  too_many_readings: 'It has more values than one message may have.',
  name_too_long: 'A name in it is too long.',
  name_invalid: 'A name in it has characters that a name may not have.',
  checksum: 'Its checksum is wrong: disturbed on the line.',
  frame_too_long: 'The frame is longer than the port allows.',
  frame_invalid: 'The frame breaks the rules of its framing.',
  malformed: 'It breaks the rules of its own protocol.',
  unsupported: 'It uses a part of its protocol that is not understood.',
  encrypted: 'It is encrypted, and there is no key.',
  alias_unknown: 'It names its values by numbers, and the message that explains them was not seen.',
  no_profile: 'No profile knows such a message, and it is neither a number nor flat JSON.',
  series_limit: 'It would begin a new series, and there are as many as log.seriesMax allows.',
  decoder_fault: 'The decoder itself failed on it. Please report it.',
};

const losses: Readonly<Record<string, string>> = {
  retention_age: 'Older than the stream keeps, and a consumer had not read it.',
  retention_bytes: 'More than the stream keeps, and a consumer had not read it.',
  disk_full: 'The disk was full.',
  stream_full: 'The stream was full, and the message was one that is not sent again.',
  dead_letters_full: 'More dead letters than are kept.',
  dead_letters_expired: 'Dead letters older than log.deadLetterAge.',
  dead_letters_purged: 'Dead letters that were thrown away on demand.',
  group_dead_letters_full: "More of a group's dead letters than are kept.",
  group_dead_letters_purged: "A group's dead letters that were thrown away on demand.",
  dead_letters_damaged: 'The list of dead letters was damaged.',
  hot_damaged: 'The database with the newest readings was damaged.',
  wal_damaged: "The end of the database's write-ahead log was damaged.",
  segment_damaged: 'A sealed file was damaged; it is kept in quarantine/.',
  segment_missing: 'A sealed file was missing.',
};

const stalls: Readonly<Record<string, string>> = {
  not_connected: 'Not connected',
  window_full: 'Takes nothing of what it is sent',
  no_commit: 'Reads, and does not commit',
};

export function deadLetterText(reason: string): string {
  return deadLetters[reason] ?? plain(reason);
}

export function lossText(reason: string): string {
  return losses[reason] ?? plain(reason);
}

export function stallText(reason: string): string {
  return stalls[reason] ?? plain(reason);
}

/** `retention_age` is `retention age`: where there is room for a word or two. */
export function plain(reason: string): string {
  return reason.replaceAll('_', ' ');
}

export const deadLetterReasons: readonly string[] = Object.keys(deadLetters);
