// Rows to encoded `SubscribeResponse` messages with an Arrow IPC stream in each, column by column. Runs
// on the log thread, as the encoder of rows does.

import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { type Column, Table, tableToIPC } from '@uwdata/flechette';
import type { ReadingColumns, SeriesKey } from '../../../core/reading.ts';
import type { Encoded, EncodeRequest, Encoder } from '../../encoder.ts';
import {
  emptyTextColumn,
  fields,
  fixedColumn,
  nullsOf,
  textColumn,
  types,
} from './arrow-columns.ts';
import { pickedColumns } from './picked-columns.ts';
import { type Cursor, type PickedRows, RowPicker } from './row-picker.ts';
import { SeriesNames } from './series-names.ts';

/** Of SubscribeResponse the first, of ArrowBatch the others. */
const FIELD = { arrow: 4, data: 1, nextOffset: 2, highWatermark: 3 } as const;
const LENGTH_DELIMITED = WireType.LengthDelimited;
/** Schema, and the heads of the dictionaries and of the rows, in every message. */
const MESSAGE_BYTES = 3 * 1024;
const ROW_BYTES_LEAST = 58;

export class ArrowEncoder implements Encoder {
  readonly #picker: RowPicker;
  readonly #names: SeriesNames;
  #bytesPerRow = ROW_BYTES_LEAST;

  /** `keys` is the series table's own list: it grows. */
  constructor(keys: readonly SeriesKey[]) {
    this.#picker = new RowPicker(keys);
    this.#names = new SeriesNames(keys);
  }

  /** How many rows to read to fill `bytesMax`, by what rows took lately. */
  rowsFor(bytesMax: number): number {
    return Math.max(1, Math.floor((bytesMax - MESSAGE_BYTES) / this.#bytesPerRow));
  }

  encode(request: EncodeRequest): Encoded {
    const { runs, from, batchReadingsMax, bytesMax, highWatermark, wants } = request;
    const cursor: Cursor = { runs, run: 0, row: 0, next: from };
    const messages: Uint8Array[] = [];
    let readings = 0;
    let bytesLeft = bytesMax;
    for (;;) {
      const pick = this.#picker.pick(cursor, {
        rowsMin: messages.length === 0 ? 1 : 0,
        rowsMax: batchReadingsMax,
        bytesMax: bytesLeft - MESSAGE_BYTES,
        wants,
      });
      if (pick.count === 0) break;
      const message = messageOf(this.#columnsOf(pick), { next: cursor.next, highWatermark });
      messages.push(message);
      readings += pick.count;
      bytesLeft -= message.length;
      this.#bytesPerRow = this.#bytesPerRow * 0.9 + (pick.bytes / pick.count) * 0.1;
    }
    return { ...joined(messages), next: cursor.next, readings };
  }

  #columnsOf(pick: PickedRows): Column<unknown>[] {
    const columns = pickedColumns(pick);
    return [
      fixedColumn(types.offset, columns.offset),
      ...this.#names.columnsOf(columns.series, pick.series),
      fixedColumn(types.measured_at, columns.measuredAtUs),
      fixedColumn(types.received_at, columns.receivedAtUs),
      ...valueColumns(columns),
      fixedColumn(types.quality, columns.quality),
    ];
  }
}

function valueColumns({ count, number, text }: ReadingColumns): Column<unknown>[] {
  if (text === null) return [fixedColumn(types.number, number), emptyTextColumn(types.text, count)];
  const nulls = nullsOf(text);
  return [
    fixedColumn(types.number, number, nulls.number),
    textColumn(types.text, text, nulls.text),
  ];
}

/** SubscribeResponse{arrow: ArrowBatch{data, next_offset, high_watermark}}. */
function messageOf(
  columns: Column<unknown>[],
  { next, highWatermark }: { next: number; highWatermark: number },
): Uint8Array {
  const parts: Uint8Array[] = [];
  let dataBytes = 0;
  // Written once, into their place behind the head, which has to know their length.
  const sink = {
    write(part: Uint8Array): void {
      parts.push(part);
      dataBytes += part.length;
    },
    pad: (bytes: number): void => sink.write(new Uint8Array(bytes)),
    finish: () => null,
  };
  tableToIPC(new Table({ fields }, columns), { format: 'stream', sink });
  const dataHead = new BinaryWriter().tag(FIELD.data, LENGTH_DELIMITED).uint32(dataBytes).finish();
  const tail = new BinaryWriter()
    .tag(FIELD.nextOffset, WireType.Varint)
    .uint64(next)
    .tag(FIELD.highWatermark, WireType.Varint)
    .uint64(highWatermark)
    .finish();
  const bodyBytes = dataHead.length + dataBytes + tail.length;
  const head = new BinaryWriter().tag(FIELD.arrow, LENGTH_DELIMITED).uint32(bodyBytes).finish();
  return concatenated([head, dataHead, ...parts, tail]);
}

/** In a buffer of its own, that can be transferred. */
function concatenated(parts: readonly Uint8Array[]): Uint8Array {
  let bytes = 0;
  for (const { length } of parts) bytes += length;
  const out = Buffer.allocUnsafeSlow(bytes);
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

function joined(messages: readonly Uint8Array[]): Pick<Encoded, 'buffer' | 'ranges'> {
  const [only] = messages;
  const whole = messages.length === 1 && only !== undefined ? only : concatenated(messages);
  const ranges: number[] = [];
  let at = 0;
  for (const { length } of messages) {
    ranges.push(at, at + length);
    at += length;
  }
  return { buffer: whole.buffer as ArrayBuffer, ranges };
}
