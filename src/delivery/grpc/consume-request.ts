// A ConsumeRequest, judged before anything of it is taken: what it asks of the group, or
// REQUEST_INVALID with the field that is wrong.

import { MillpondError } from '../../core/errors.ts';
import type { GroupSettings, JoinRequest, MemberAction } from '../../core/group.ts';
import type { ConsumeRequest, ConsumeStart } from '../../generated/millpond/v1/consume.ts';
import { checkGlobs, startOf } from './subscribe-request.ts';

const OFFSETS_MAX = 10_000;
const NAME_CHARACTERS_MAX = 128;
const REASON_CHARACTERS_MAX = 256;
const DAY_MS = 24 * 60 * 60 * 1000;
const ACK_DEADLINE_MS = { min: 100, max: DAY_MS };
const NACK_DELAY_MS_MAX = DAY_MS;
// Controls, and halves of pairs.
const unprintable = /[\p{Cc}\p{Cs}]/u;

/** For what the first member of a group leaves open. */
export type GroupDefaults = Pick<GroupSettings, 'ackDeadlineMs' | 'deliveriesMax'>;

export interface CheckedStart {
  readonly join: JoinRequest;
  readonly credits: number;
}

/** Throws REQUEST_INVALID or OFFSET_BEYOND_END. */
export function checkStart(start: ConsumeStart, defaults: GroupDefaults): CheckedStart {
  const { stream, group, member, devices, metrics, ackDeadlineMs, limit, credits } = start;
  if (member.length > NAME_CHARACTERS_MAX || unprintable.test(member)) {
    throw invalid('start.member', `is not up to ${NAME_CHARACTERS_MAX} printable characters`);
  }
  checkGlobs('start.devices', devices);
  checkGlobs('start.metrics', metrics);
  const { min, max } = ACK_DEADLINE_MS;
  if (ackDeadlineMs !== 0 && (ackDeadlineMs < min || ackDeadlineMs > max)) {
    throw invalid('start.ack_deadline_ms', `is ${ackDeadlineMs}, not ${min} to ${max}, nor 0`);
  }
  if (credits < 0) throw invalid('start.credits', `is ${credits}, which is less than 0`);
  return {
    join: {
      stream,
      group,
      name: member,
      start: startOf(start),
      settings: {
        ackDeadlineMs: ackDeadlineMs === 0 ? defaults.ackDeadlineMs : ackDeadlineMs,
        deliveriesMax: limit?.value ?? defaults.deliveriesMax,
        devices,
        metrics,
      },
    },
    credits,
  };
}

/** What a member may ask of its group; those with an id are answered by it. */
export type Ask = Extract<MemberAction, { kind: 'credit' | 'ack' | 'nack' | 'extend' }>;

/** `idBefore` is the id of the request before it, 0 for the first. Throws REQUEST_INVALID. */
export function checkAsk({ action }: ConsumeRequest, idBefore: number): Ask {
  switch (action?.$case) {
    case 'credit': {
      const { count } = action.value;
      if (count < 1) throw invalid('credit.count', `is ${count}, which is less than 1`);
      return { kind: 'credit', count };
    }
    case 'ack': {
      const { id, offsets } = action.value;
      return { kind: 'ack', ...numbered('ack', id, idBefore), offsets: some('ack', offsets) };
    }
    case 'nack': {
      const { id, offsets, delay, reason } = action.value;
      const delayMs = delay?.value ?? null;
      if (delayMs !== null && delayMs > NACK_DELAY_MS_MAX) {
        throw invalid('nack.delay_ms', `is ${delayMs}, over ${NACK_DELAY_MS_MAX}`);
      }
      return {
        kind: 'nack',
        ...numbered('nack', id, idBefore),
        offsets: some('nack', offsets),
        delayMs,
        reason: cut(reason),
      };
    }
    case 'extend': {
      const { id, offsets } = action.value;
      return {
        kind: 'extend',
        ...numbered('extend', id, idBefore),
        offsets: numbers('extend', offsets),
      };
    }
    case 'start':
      throw invalid('start', 'comes once, as the first message of the call');
    default:
      throw invalid('action', 'is missing');
  }
}

function numbered(field: string, id: bigint, idBefore: number): { id: number } {
  if (id > BigInt(idBefore) && id <= BigInt(Number.MAX_SAFE_INTEGER)) return { id: Number(id) };
  throw invalid(`${field}.id`, `is ${id}, not above ${idBefore} and below 2^53`);
}

function some(field: string, offsets: readonly bigint[]): number[] {
  if (offsets.length === 0) throw invalid(`${field}.offsets`, 'is empty');
  return numbers(field, offsets);
}

function numbers(field: string, offsets: readonly bigint[]): number[] {
  if (offsets.length > OFFSETS_MAX) {
    throw invalid(`${field}.offsets`, `has ${offsets.length} of them, over ${OFFSETS_MAX}`);
  }
  return offsets.map((offset) => {
    if (offset <= BigInt(Number.MAX_SAFE_INTEGER)) return Number(offset);
    throw invalid(`${field}.offsets`, `has ${offset}, which is beyond the end of every stream`);
  });
}

/** Cut between characters, so that no half of one is left. */
function cut(reason: string): string {
  if (reason.length <= REASON_CHARACTERS_MAX) return reason;
  return reason.slice(0, REASON_CHARACTERS_MAX).replace(/[\uD800-\uDBFF]$/, '');
}

function invalid(field: string, text: string): MillpondError {
  return new MillpondError('REQUEST_INVALID', `${field} ${text}.`);
}
