// Reads the outline of DuckDB's write-ahead log (its version 2): which entries are whole, where the
// last whole commit ends. Pure functions over bytes; what they say is only ever used for a copy that
// DuckDB then has to open.

/**
 * The first entry says the version and has no checksum; every other one is its length, a checksum
 * of its bytes, both 64-bit, then the bytes (duckdb: src/storage/write_ahead_log.cpp).
 */
const VERSION_2 = Buffer.from([0x64, 0x00, 0x62, 0x65, 0x00, 0x02, 0xff, 0xff]);
const ENTRY_HEAD_BYTES = 16;
/** The entry that ends a commit: field 100 is type 100, and the end of the object. */
const COMMIT_ENTRY = Buffer.from([0x64, 0x00, 0x64, 0xff, 0xff]);
/** Every entry begins with field 100, its type. */
const ENTRY_START = Buffer.from([0x64, 0x00]);

const WORD_FACTOR = 0xbf58476d1ce4e5b9n;
const REST_FACTOR = 0xc6a4a7935bd1e995n;
const REST_SEED = 0xe17a1465n;
const CHECKSUM_SEED = 5381n;

export interface WalOutline {
  /** False for a log that is empty, or whose first bytes are none that are known here. */
  readonly isKnown: boolean;
  /** The end of every commit that is whole, from the first on, ascending. */
  readonly commitEnds: readonly number[];
  /** Where the first entry begins that is not whole; the file's length if all are. */
  readonly brokenAt: number;
  /** Whether whole entries come behind the broken one: then it was damaged, and not cut short. */
  readonly isBrokenInside: boolean;
}

/**
 * Whether the entries' lengths lead exactly to the end of the file, and that with a commit. False is
 * reason to look closer: DuckDB itself takes a length beyond the file's end for the end of the log,
 * and forgets what comes behind it.
 */
export function endsWithCommit(wal: Buffer): boolean {
  if (wal.length === 0) return true;
  if (!hasKnownVersion(wal)) return false;
  let position = VERSION_2.length;
  let isCommit = true;
  while (position < wal.length) {
    const size = entrySize(wal, position);
    if (size < 0) return false;
    isCommit = isCommitEntry(wal, position, size);
    position += ENTRY_HEAD_BYTES + size;
  }
  return isCommit;
}

/** Checks every entry up to the first that is broken. */
export function outlineWal(wal: Buffer): WalOutline {
  const commitEnds: number[] = [];
  if (!hasKnownVersion(wal)) {
    return { isKnown: false, commitEnds, brokenAt: 0, isBrokenInside: false };
  }
  let position = VERSION_2.length;
  while (position < wal.length) {
    const size = wholeEntrySize(wal, position);
    if (size < 0) break;
    const end = position + ENTRY_HEAD_BYTES + size;
    if (isCommitEntry(wal, position, size)) commitEnds.push(end);
    position = end;
  }
  const isBrokenInside = position < wal.length && nextWholeEntry(wal, position + 1) >= 0;
  return { isKnown: true, commitEnds, brokenAt: position, isBrokenInside };
}

/** The position of the first whole entry at or behind `from`; -1 if there is none. */
function nextWholeEntry(wal: Buffer, from: number): number {
  for (let at = from + ENTRY_HEAD_BYTES; ; at++) {
    at = wal.indexOf(ENTRY_START, at);
    if (at < 0) return -1;
    const position = at - ENTRY_HEAD_BYTES;
    if (wholeEntrySize(wal, position) >= 0) return position;
  }
}

/** With the first entry as it always is: it has no checksum, and a log whose first bytes are damaged
 * may be whole behind them. */
export function withVersion(wal: Buffer): Buffer {
  const mended = Buffer.from(wal);
  if (wal.length > VERSION_2.length) VERSION_2.copy(mended);
  return mended;
}

function hasKnownVersion(wal: Buffer): boolean {
  return wal.subarray(0, VERSION_2.length).equals(VERSION_2);
}

/** Bytes of the entry at `position`; -1 if it does not fit into the file. */
function entrySize(wal: Buffer, position: number): number {
  if (position + ENTRY_HEAD_BYTES > wal.length) return -1;
  const low = wal.readUInt32LE(position);
  const high = wal.readUInt32LE(position + 4);
  const room = wal.length - position - ENTRY_HEAD_BYTES;
  return high !== 0 || low > room || low < COMMIT_ENTRY.length ? -1 : low;
}

/** As `entrySize`, and -1 if the bytes are not those that were written. */
function wholeEntrySize(wal: Buffer, position: number): number {
  const size = entrySize(wal, position);
  if (size < 0) return -1;
  const start = position + ENTRY_HEAD_BYTES;
  const stored = wal.readBigUInt64LE(position + 8);
  return checksum(wal.subarray(start, start + size)) === stored ? size : -1;
}

function isCommitEntry(wal: Buffer, position: number, size: number): boolean {
  const start = position + ENTRY_HEAD_BYTES;
  return size === COMMIT_ENTRY.length && wal.subarray(start, start + size).equals(COMMIT_ENTRY);
}

/** DuckDB's checksum of blocks and entries (duckdb: src/common/checksum.cpp). */
export function checksum(bytes: Buffer): bigint {
  const words = Math.floor(bytes.length / 8);
  let result = CHECKSUM_SEED;
  for (let word = 0; word < words; word++) {
    result ^= BigInt.asUintN(64, bytes.readBigUInt64LE(word * 8) * WORD_FACTOR);
  }
  const rest = bytes.subarray(words * 8);
  return rest.length === 0 ? result : result ^ checksumRest(rest);
}

/** Of one to seven bytes. */
function checksumRest(bytes: Buffer): bigint {
  let value = REST_SEED ^ BigInt.asUintN(64, BigInt(bytes.length) * REST_FACTOR);
  let word = 0n;
  for (const [index, byte] of bytes.entries()) word |= BigInt(byte) << BigInt(8 * index);
  value = BigInt.asUintN(64, (value ^ word) * REST_FACTOR);
  value ^= value >> 47n;
  value = BigInt.asUintN(64, value * REST_FACTOR);
  return value ^ (value >> 47n);
}
