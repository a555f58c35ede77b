// What a gateway may name a file of its backup: somewhere below the folder of the copy, and nowhere
// else, whoever answers at the gateway's address.

const PATH_CHARACTERS_MAX = 1024;

/** Names joined by `/`, none empty, `.` or `..`, none with characters that a system might act on. */
export function isSafePath(path: string): boolean {
  if (path.length === 0 || path.length > PATH_CHARACTERS_MAX) return false;
  return path
    .split('/')
    .every((name) => /^[^\u0000-\u001f\u007f\\:]+$/.test(name) && name !== '.' && name !== '..');
}
