// A built-in decoder by itself: what it gives out for some bytes, as short texts.
import type {
  BuiltinContext,
  BuiltinDecoder,
  BuiltinRecord,
} from '../../../../src/decode/builtin/contract.ts';
import { receivedAtUs } from '../messages.ts';

export interface Collected {
  readonly records: readonly BuiltinRecord[];
  readonly dropped: readonly string[];
  readonly rejected: readonly string[];
  readonly details: readonly string[];
  /** Topics of commands that ask for a birth. */
  readonly rebirths: readonly string[];
}

export function collect(
  decoder: BuiltinDecoder,
  payload: Uint8Array | string,
  context: Partial<BuiltinContext> = {},
): Collected {
  const records: BuiltinRecord[] = [];
  const dropped: string[] = [];
  const rejected: string[] = [];
  const details: string[] = [];
  const rebirths: string[] = [];
  const bytes = typeof payload === 'string' ? Buffer.from(payload) : payload;
  decoder.decode(
    bytes,
    { topic: 'topic', receivedAtUs, device: 'device', argument: '', isPast: false, ...context },
    {
      isOver: false,
      add: (record) => void records.push(record),
      wantRebirth: (topic) => void rebirths.push(topic),
      drop: (reason) => void dropped.push(reason),
      reject: (reason, detail) => {
        rejected.push(reason);
        details.push(detail);
      },
    },
  );
  return { records, dropped, rejected, details, rebirths };
}

/** `name=value unit`, the channel before the name where there is one. */
export function valuesOf({ records }: Collected): string[] {
  return records.map(({ name, value, unit, channel }) => {
    const series = channel === undefined || channel === '' ? name : `${channel}|${name}`;
    return `${series}=${value}${unit === undefined ? '' : ` ${unit}`}`;
  });
}

export function fromHex(text: string): Buffer {
  return Buffer.from(text.replaceAll(/\s/g, ''), 'hex');
}
