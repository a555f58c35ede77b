// A group as its members and people see it: what did not count, and why nothing goes on.

import type { GroupMember, GroupSettings, SettleFault } from '../../core/group.ts';
import type { Member } from './device-queue.ts';
import type { Refused } from './group-shapes.ts';
import type { GroupState } from './group-state.ts';

export function noteRefused(
  faults: SettleFault[],
  id: number,
  { notHeld, settled }: Refused,
): void {
  if (notHeld.length > 0) faults.push({ id, code: 'ACK_NOT_HELD', offsets: notHeld });
  if (settled.length > 0) faults.push({ id, code: 'ACK_ALREADY_SETTLED', offsets: settled });
}

export function isSameSettings(a: GroupSettings, b: GroupSettings): boolean {
  return (
    a.ackDeadlineMs === b.ackDeadlineMs &&
    a.deliveriesMax === b.deliveriesMax &&
    a.devices.join('\n') === b.devices.join('\n') &&
    a.metrics.join('\n') === b.metrics.join('\n')
  );
}

/** Why there are readings and nobody is given any; null when there are none, or somebody is. */
export function stallReason(
  state: GroupState,
  deviceName: (device: number) => string,
): string | null {
  const { slowest } = state;
  if (state.room === 0 && slowest !== null) {
    const why = slowest.owner === null ? 'waits for its next try' : `is with a member`;
    const name = deviceName(slowest.device);
    return `the window is full: reading ${state.floor} of ${name} ${why}`;
  }
  if (state.waitingCount === 0) return null;
  for (const { credits } of state.members.values()) if (credits > 0) return null;
  return 'no member has credits left';
}

export function groupFigures(state: GroupState, members: readonly Member[]) {
  return {
    nextOffset: state.floor,
    settledAbove: state.settledAbove,
    members: members.length,
    credits: members.reduce((sum, { credits }) => sum + credits, 0),
    inFlight: state.heldCount,
    waitingRedelivery: state.redeliveryCount,
    waitingDevices: state.waitingDevices,
  };
}

/** `toUs` makes a time of the group's clock one of the system's. */
export function memberFigures(
  member: Member,
  dueMs: number | null,
  toUs: (ms: number) => number,
): GroupMember {
  const { id, name, credits, taken, joinedAtMs, lastAckMs } = member;
  return {
    id,
    name,
    joinedAtUs: toUs(joinedAtMs),
    credits,
    inFlight: taken,
    lastAckAtUs: lastAckMs === null ? null : toUs(lastAckMs),
    oldestDeadlineUs: dueMs === null ? null : toUs(dueMs),
  };
}
