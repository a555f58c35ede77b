// The events of a Subscribe that are no readings, encoded.

import { SubscribeResponse } from '../../generated/millpond/v1/telemetry_service.ts';
import type { EventWriter } from '../stream-events.ts';

export const grpcEvents: EventWriter = {
  gap(_stream, { first, next, reason }) {
    return SubscribeResponse.encode({
      event: {
        $case: 'gap',
        value: { firstOffset: BigInt(first), nextOffset: BigInt(next), reason },
      },
    }).finish();
  },
  progress({ next, highWatermark }, nowUs) {
    return SubscribeResponse.encode({
      event: {
        $case: 'progress',
        value: {
          nextOffset: BigInt(next),
          highWatermark: BigInt(highWatermark),
          timeUs: BigInt(nowUs),
        },
      },
    }).finish();
  },
};
