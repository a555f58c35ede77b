// What every reader of a port is given.

import type { Clock } from '../../core/clock.ts';
import type { Intake } from '../../core/contracts.ts';
import type { SerialEvents } from './serial-events.ts';

export interface ReaderParts {
  readonly intake: Intake;
  readonly clock: Clock;
  readonly events: SerialEvents;
}
