// ledger.jsonl: what must survive the loss of hot.duckdb. Which streams there are, below which offset
// each may have given some out, the consumers' positions, the losses, the series' numbers. Appended,
// fsynced, rewritten when it has grown; a line that is damaged costs that line alone.

import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { MillpondError } from '../core/errors.ts';
import type { SeriesKey } from '../core/reading.ts';
import { syncFolder } from './data-directory.ts';
import {
  encodeRecord,
  LEDGER_VERSION,
  type LedgerDamage,
  type LedgerRecord,
  readRecords,
} from './ledger-file.ts';
import { LedgerState } from './ledger-state.ts';
import type { Loss } from './loss-book.ts';
import { positionKey } from './position.ts';

/** How many offsets are reserved ahead with one fsync. As many are skipped where their end is lost. */
export const RESERVE_STEP = 1 << 20;

/** What it may grow beyond twice its last rewritten size before it is rewritten. */
const GROWTH_BYTES = 1024 * 1024;
const WRITE_BYTES = 256 * 1024;

export interface LedgerFound extends LedgerDamage {
  readonly isMissing: boolean;
}

export function ledgerPath(directory: string): string {
  return join(directory, 'ledger.jsonl');
}

export class Ledger {
  readonly state: LedgerState;
  readonly #path: string;
  readonly #directory: string;
  /** By what a record is of, so that what replaces it before a sync takes its place. */
  #pending = new Map<string, LedgerRecord>();
  readonly #durableReserves = new Map<number, number>();
  #found: LedgerFound = { isMissing: true, lines: 0, lineBytes: 0, tornBytes: 0 };
  #file: FileHandle | null = null;
  /** Up to here the file holds whole lines that are durable. */
  #size = 0;
  #rewriteAt = 0;
  #mustRewrite = false;
  #waiting: Promise<void> | null = null;
  #last: Promise<unknown> = Promise.resolve();

  private constructor(directory: string, lossesMax: number) {
    this.#directory = directory;
    this.#path = ledgerPath(directory);
    this.state = new LedgerState(lossesMax);
  }

  /**
   * Reads the ledger; a missing one is an empty one. Writes nothing: whoever wants to keep a damaged
   * file as it was found copies it before the first `sync`. Throws what the disk throws, and
   * DATA_DIR_UNUSABLE for a ledger of a later version.
   */
  static async open(directory: string, options: { lossesMax: number }): Promise<Ledger> {
    const ledger = new Ledger(directory, options.lossesMax);
    await ledger.#read();
    return ledger;
  }

  /** What was found at `open`. */
  get found(): LedgerFound {
    return this.#found;
  }

  get isDamaged(): boolean {
    return this.#found.lines > 0;
  }

  get sizeBytes(): number {
    return this.#size;
  }

  /** Takes a record for the next `sync`; it is part of `state` at once. Losses: see `noteLoss`. */
  note(record: Exclude<LedgerRecord, { kind: 'loss' | 'ledger' }>): void {
    this.#note(record);
  }

  /** Takes a loss for the next `sync`. A range that touches one on record of its kind joins it. */
  noteLoss(loss: Loss): void {
    for (const entry of this.state.losses.note(loss)) {
      this.#pending.set(`loss ${entry.id}`, { kind: 'loss', ...entry });
    }
  }

  /** Whether every offset of the stream below `next` may be given out. */
  isReserved(stream: number, next: number): boolean {
    return next <= (this.#durableReserves.get(stream) ?? 0);
  }

  /**
   * Whether `raiseReserve` is due before offsets up to `next` are given out; true from half of the
   * step on, so that it can be done in the background before anybody has to wait for it.
   */
  isReserveLow(stream: number, next: number): boolean {
    return next + RESERVE_STEP / 2 > this.state.reserve(stream);
  }

  /** Takes a reserve of a step beyond `next` for the next `sync`, after which `isReserved` says so. */
  raiseReserve(stream: number, next: number): void {
    this.#note({ kind: 'reserve', stream, next: next + RESERVE_STEP });
  }

  /**
   * Makes everything noted so far durable: one write, one fdatasync. Calls that come together share
   * one. Rejects with what the disk said, and everything is kept for the next call.
   */
  sync(): Promise<void> {
    this.#waiting ??= this.#inTurn(() => {
      this.#waiting = null;
      return this.#flush();
    });
    const synced = this.#waiting;
    // In its own turn, so that nobody waits for it who waits for the sync.
    synced.then(
      () => void this.#inTurn(() => this.#rewriteIfGrown()),
      () => undefined,
    );
    return synced;
  }

  /** The series on record, in the order of their numbers' giving; the last of a number counts. */
  async readSeries(each: (id: number, key: SeriesKey) => void): Promise<void> {
    await this.#inTurn(async () => {
      const take = (record: LedgerRecord): void => {
        if (record.kind === 'series') each(record.id, record);
      };
      await this.#readWritten(take);
      for (const record of this.#pending.values()) take(record);
    });
  }

  /** Writes everything noted so far to another folder, as a ledger of its own, durably. */
  async snapshot(directory: string): Promise<void> {
    await this.#inTurn(async () => {
      await this.#writeWhole(ledgerPath(directory), new Map());
      syncFolder(directory);
    });
  }

  /** Makes what is noted durable and closes the file. Rejects as `sync`, the file closed all the same. */
  async close(): Promise<void> {
    try {
      await this.sync();
    } finally {
      await this.#inTurn(() => this.#closeFile());
    }
  }

  #note(record: LedgerRecord): void {
    this.state.apply(record);
    this.#pending.set(keyOf(record), record);
  }

  #inTurn<T>(act: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(act, act);
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  async #read(): Promise<void> {
    let file: FileHandle;
    try {
      file = await open(this.#path, 'r');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      this.#mustRewrite = true;
      return;
    }
    try {
      const { size } = await file.stat();
      const damage = await readRecords(file, size, (record) => this.state.apply(record));
      this.#found = { isMissing: false, ...damage };
      this.#size = size - damage.tornBytes;
    } finally {
      await file.close();
    }
    if (this.state.version > LEDGER_VERSION) {
      const text = `${this.#path} was written by a later version of Millpond (${this.state.version}, this one knows ${LEDGER_VERSION}).`;
      throw new MillpondError('DATA_DIR_UNUSABLE', text);
    }
    for (const { id, reserve } of this.state.streams()) this.#durableReserves.set(id, reserve);
    this.#rewriteAt = 2 * this.#size + GROWTH_BYTES;
    this.#mustRewrite = this.isDamaged || this.#size === 0;
  }

  async #flush(): Promise<void> {
    const batch = this.#pending;
    if (batch.size === 0 && !this.#mustRewrite) return;
    this.#pending = new Map();
    try {
      const isWritten = this.#mustRewrite && (await this.#isRewritten(batch));
      if (!isWritten && batch.size > 0) await this.#append(batch);
    } catch (error) {
      this.#pending = new Map([...batch, ...this.#pending]);
      await this.#closeFile();
      throw error;
    }
    for (const record of batch.values()) {
      if (record.kind !== 'reserve') continue;
      const before = this.#durableReserves.get(record.stream) ?? 0;
      this.#durableReserves.set(record.stream, Math.max(before, record.next));
    }
  }

  // Over what a failed write left behind, never after it: a line is whole or at the file's end.
  async #append(batch: ReadonlyMap<string, LedgerRecord>): Promise<void> {
    const bytes = Buffer.from([...batch.values()].map(encodeRecord).join(''));
    const file = await this.#openFile();
    await writeAll(file, bytes, this.#size);
    await file.datasync();
    this.#size += bytes.length;
  }

  async #rewriteIfGrown(): Promise<void> {
    if (this.#size >= this.#rewriteAt) await this.#isRewritten(new Map()).catch(() => false);
  }

  // Where there is no room for a second file the one there is takes lines all the same.
  async #isRewritten(batch: ReadonlyMap<string, LedgerRecord>): Promise<boolean> {
    let size: number;
    try {
      size = await this.#writeWhole(this.#path, batch);
    } catch (error) {
      if (this.#size === 0) throw error;
      this.#mustRewrite = false;
      this.#rewriteAt = this.#size + GROWTH_BYTES;
      return false;
    }
    await this.#closeFile();
    this.#size = size;
    this.#rewriteAt = 2 * size + GROWTH_BYTES;
    this.#mustRewrite = true;
    syncFolder(this.#directory);
    this.#mustRewrite = false;
    return true;
  }

  /** Returns the bytes written. Series are copied from the file; all else is in `state`. */
  async #writeWhole(path: string, batch: ReadonlyMap<string, LedgerRecord>): Promise<number> {
    const temporary = `${path}.tmp`;
    const target = await open(temporary, 'w', 0o640);
    let size = 0;
    try {
      let text = '';
      const flush = async (bytesMin: number): Promise<void> => {
        if (text.length <= bytesMin) return;
        const bytes = Buffer.from(text);
        text = '';
        await writeAll(target, bytes, size);
        size += bytes.length;
      };
      text = encodeRecord({ kind: 'ledger', version: LEDGER_VERSION });
      for (const record of this.state.records()) {
        text += encodeRecord(record);
        await flush(WRITE_BYTES);
      }
      const takeSeries = (record: LedgerRecord): void => {
        if (record.kind === 'series') text += encodeRecord(record);
      };
      await this.#readWritten(takeSeries, () => flush(WRITE_BYTES));
      for (const record of [...batch.values(), ...this.#pending.values()]) takeSeries(record);
      await flush(0);
      await target.datasync();
      await target.close();
      await rename(temporary, path);
    } catch (error) {
      await target.close().catch(() => undefined);
      await rm(temporary, { force: true }).catch(() => undefined);
      throw error;
    }
    return size;
  }

  async #readWritten(
    each: (record: LedgerRecord) => void,
    afterSome?: () => Promise<void>,
  ): Promise<void> {
    if (this.#size === 0) return;
    const file = await open(this.#path, 'r');
    try {
      await readRecords(file, this.#size, each, afterSome);
    } finally {
      await file.close();
    }
  }

  /** For writing, with nothing in it that is not durable. */
  async #openFile(): Promise<FileHandle> {
    if (this.#file !== null) return this.#file;
    const file = await open(this.#path, 'r+').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') this.#wasCutTo(0);
      throw error;
    });
    try {
      const { size } = await file.stat();
      if (size < this.#size) {
        this.#wasCutTo(size);
        throw new Error(`${this.#path} is shorter than what was written to it`);
      }
      if (size > this.#size) await file.truncate(this.#size);
    } catch (error) {
      await file.close();
      throw error;
    }
    this.#file = file;
    return file;
  }

  // Somebody else's doing: the next sync writes it anew.
  #wasCutTo(size: number): void {
    this.#size = size;
    this.#mustRewrite = true;
  }

  async #closeFile(): Promise<void> {
    const file = this.#file;
    this.#file = null;
    await file?.close().catch(() => undefined);
  }
}

async function writeAll(file: FileHandle, bytes: Buffer, position: number): Promise<void> {
  for (let written = 0; written < bytes.length; ) {
    const left = bytes.length - written;
    written += (await file.write(bytes, written, left, position + written)).bytesWritten;
  }
}

function keyOf(record: LedgerRecord): string {
  switch (record.kind) {
    case 'ledger':
    case 'dead_letters':
      return record.kind;
    case 'reserve':
      return `reserve ${record.stream}`;
    case 'position':
    case 'position_removed':
      return `position ${positionKey(record)}`;
    case 'stream':
    case 'series':
    case 'loss':
      return `${record.kind} ${record.id}`;
  }
}
