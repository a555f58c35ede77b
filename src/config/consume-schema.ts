// The options of consumer groups.

import { z } from 'zod';
import { count, duration, size } from './option.ts';

export const consume = z.strictObject({
  ackDeadline: duration({
    byDefault: '30s',
    min: '100ms',
    max: '24h',
    why: 'How long a member may hold a reading without an ack or an extension, where the group does not say. Then it counts as failed and goes to whoever is free.',
  }),
  deliveriesMax: count({
    unit: 'deliveries',
    byDefault: 10,
    min: 0,
    max: 1_000_000,
    why: 'Failures after which a reading becomes a dead letter of the group, where the group does not say. 0 never gives up: its device then waits for as long as it fails.',
  }),
  groupsMax: count({
    unit: 'groups',
    byDefault: 100,
    min: 1,
    max: 10_000,
    why: 'Consumer groups of all streams, connected or not. One more is refused with GROUP_LIMIT.',
  }),
  membersMax: count({
    unit: 'members',
    byDefault: 1000,
    min: 1,
    max: 10_000,
    why: 'Members of all groups connected at one time. Two deliveries of 64 KiB may be on their way to each.',
  }),
  creditsMax: count({
    unit: 'readings',
    byDefault: 10_000,
    min: 1,
    max: 100_000,
    why: 'What one member may hold and still be given, together; credits beyond it are cut. A member that goes silent keeps so many from the others until its deadline.',
  }),
  windowReadings: count({
    unit: 'readings',
    byDefault: 262_144,
    min: 1024,
    max: 4_194_304,
    why: 'How far a group reads past its oldest reading that is not settled; 17 bytes of memory each. Beyond it the whole group waits for that one.',
  }),
  backOff: duration({
    byDefault: '1s',
    min: '1ms',
    max: '1h',
    why: 'How long a device waits after a reading failed for the first time, where the nack does not say; twice as long after each further failure.',
  }),
  backOffMax: duration({
    byDefault: '5m',
    min: '1ms',
    max: '24h',
    why: 'The longest that a device waits after a failure, where the nack does not say.',
  }),
  deadLettersMax: count({
    unit: 'readings',
    byDefault: 10_000,
    min: 10,
    max: 1_000_000,
    why: 'Dead letters of one group. Beyond it the oldest tenth goes, recorded as a loss.',
  }),
  recentBytesMax: size({
    byDefault: '8MiB',
    min: '64KiB',
    max: '1GiB',
    why: 'Rows that groups looked at last, kept in memory until they are given out; 64 KiB for each group at least. What is not there is read again.',
  }),
});
