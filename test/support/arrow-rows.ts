// An Arrow batch read by Apache's own library, which is not the one that wrote it.
import { type Table, tableFromIPC, type Vector } from 'apache-arrow';
import type { SeriesKey } from '../../src/core/reading.ts';

export interface ArrowRow extends SeriesKey {
  readonly offset: bigint;
  readonly measuredAtUs: bigint;
  readonly receivedAtUs: bigint;
  readonly number: number | null;
  readonly text: string | null;
  readonly quality: number;
}

export function readArrow(data: Uint8Array): Table {
  return tableFromIPC(data);
}

export function arrowRows(data: Uint8Array): ArrowRow[] {
  const table = readArrow(data);
  const column = (name: string): Vector => {
    const found = table.getChild(name);
    if (found === null) throw new Error(`there is no column ${name}`);
    return found;
  };
  // The library gives times as milliseconds in a double; their own integers are underneath.
  const integers = (name: string): BigInt64Array =>
    BigInt64Array.from(column(name).data.flatMap(({ values }) => [...(values as BigInt64Array)]));
  const measured = integers('measured_at');
  const received = integers('received_at');
  return Array.from({ length: table.numRows }, (_, row) => {
    const at = (name: string): never => column(name).get(row) as never;
    return {
      offset: at('offset'),
      device: at('device'),
      channel: at('channel'),
      metric: at('metric'),
      unit: at('unit'),
      source: at('source'),
      measuredAtUs: measured[row] as bigint,
      receivedAtUs: received[row] as bigint,
      number: at('number'),
      text: at('text'),
      quality: at('quality'),
    };
  });
}
