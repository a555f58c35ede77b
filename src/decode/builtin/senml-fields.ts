// One SenML record, its fields checked, out of JSON or CBOR alike: the labels are texts there and
// integers here (RFC 8428, tables 1, 2 and 4).

import type { DeadLetterReason } from '../../core/contracts.ts';

/** A field that is not there is undefined. */
export interface SenmlFields {
  bver: number | undefined;
  bn: string | undefined;
  bt: number | undefined;
  bu: string | undefined;
  bv: number | undefined;
  bs: number | undefined;
  n: string | undefined;
  u: string | undefined;
  v: number | undefined;
  vs: string | undefined;
  s: number | undefined;
  t: number | undefined;
  /** A boolean, or bytes. */
  hasOtherValue: boolean;
}

export interface SenmlFault {
  readonly fault: DeadLetterReason;
  readonly detail: string;
}

/** CBOR's label of each field, from -6 on. */
const cborLabels = 'bs bv bu bt bn bver n u v vs vb s t ut vd'.split(' ');
const lowestCborLabel = -6;
const textLengthMax = 1024;

type Setter = (fields: SenmlFields, value: unknown) => boolean;

const setters = new Map<string, Setter>();
for (const label of ['bver', 'bt', 'bv', 'bs', 'v', 's', 't'] as const) {
  setters.set(label, (fields, value) => {
    const number = typeof value === 'bigint' ? Number(value) : value;
    if (typeof number !== 'number') return false;
    fields[label] = number;
    return true;
  });
}
for (const label of ['bn', 'bu', 'n', 'u', 'vs'] as const) {
  setters.set(label, (fields, value) => {
    if (typeof value !== 'string' || value.length > textLengthMax) return false;
    fields[label] = value;
    return true;
  });
}
for (const label of ['vb', 'vd']) {
  setters.set(label, (fields) => {
    fields.hasOtherValue = true;
    return true;
  });
}

/** Fields that are not known are passed over, but one whose label ends in "_" must be understood (4.4). */
export function readSenmlRecord(record: unknown): SenmlFields | SenmlFault {
  if (typeof record !== 'object' || record === null || Array.isArray(record)) {
    return { fault: 'wrong_type', detail: 'SenML: a record that is no object' };
  }
  const fields: SenmlFields = {
    bver: undefined,
    bn: undefined,
    bt: undefined,
    bu: undefined,
    bv: undefined,
    bs: undefined,
    n: undefined,
    u: undefined,
    v: undefined,
    vs: undefined,
    s: undefined,
    t: undefined,
    hasOtherValue: false,
  };
  if (record instanceof Map) {
    for (const [key, value] of record as Map<unknown, unknown>) {
      const label = typeof key === 'number' ? cborLabels[key - lowestCborLabel] : key;
      const fault = typeof label === 'string' ? setField(fields, label, value) : null;
      if (fault !== null) return fault;
    }
  } else {
    for (const label in record) {
      const fault = setField(fields, label, (record as Record<string, unknown>)[label]);
      if (fault !== null) return fault;
    }
  }
  const values =
    Number(fields.v !== undefined) + Number(fields.vs !== undefined) + Number(fields.hasOtherValue);
  if (values > 1) {
    return { fault: 'malformed', detail: 'SenML: a record with more than one value' };
  }
  return fields;
}

function setField(fields: SenmlFields, label: string, value: unknown): SenmlFault | null {
  const set = setters.get(label);
  if (set === undefined) {
    if (!label.endsWith('_')) return null;
    return { fault: 'unsupported', detail: 'SenML: a field that must be understood and is not' };
  }
  if (set(fields, value)) return null;
  return { fault: 'wrong_type', detail: `SenML: ${label} is not of its type` };
}
