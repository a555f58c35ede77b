// What may be the name of a device, a channel or a metric. Names come from topics, payloads and
// requests, so from anyone; whatever passes here is safe to store, to log and to print.

/** Longest name in UTF-16 units. */
export const nameLengthMax = 128;

// Controls (C0, C1, DEL), line separators, lone surrogates (no UTF-8 form), `.`/`..` and nothing as a step.
const forbidden =
  /[\u0000-\u001f\u007f-\u009f\u2028\u2029]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]|(?:^|\/)\.\.?(?:\/|$)|\/\/|\/$/;
const plain = /^[A-Za-z0-9_:-]+$/;

/** Null when the name may be used, else why not. An empty name is invalid; a channel's is not asked. */
export function judgeName(name: string): 'name_too_long' | 'name_invalid' | null {
  if (name.length > nameLengthMax) return 'name_too_long';
  if (plain.test(name)) return null;
  return name === '' || forbidden.test(name) ? 'name_invalid' : null;
}
