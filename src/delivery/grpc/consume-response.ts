// What a member is told beside deliveries, which come encoded from the log thread.

import type { Joined } from '../../core/group.ts';
import { ConsumeResponse } from '../../generated/millpond/v1/consume.ts';
import type { GapEvent, SettledEvent } from './member-answers.ts';

export function encodeJoined({ member, settings }: Joined): Uint8Array {
  const { ackDeadlineMs, deliveriesMax } = settings;
  return encode({
    $case: 'joined',
    value: { memberId: BigInt(member), ackDeadlineMs, deliveriesMax },
  });
}

export function encodeSettled({ throughId, faults }: SettledEvent): Uint8Array {
  return encode({
    $case: 'settled',
    value: {
      throughId: BigInt(throughId),
      faults: faults.map(({ id, code, offsets }) => ({
        id: BigInt(id),
        code,
        offsets: offsets.map(BigInt),
      })),
    },
  });
}

export function encodeGap({ first, next, reason }: GapEvent): Uint8Array {
  return encode({
    $case: 'gap',
    value: { firstOffset: BigInt(first), nextOffset: BigInt(next), reason },
  });
}

function encode(event: NonNullable<ConsumeResponse['event']>): Uint8Array {
  return ConsumeResponse.encode({ event }).finish();
}
