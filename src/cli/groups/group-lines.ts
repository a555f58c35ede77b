// Groups and their members for people, in columns, and for programs.

import { isoTime } from '../../core/iso-time.ts';
import { asciiControls } from '../../core/json-line.ts';
import type { Group, GroupMember } from '../../generated/millpond/v1/groups.ts';
import { printable } from '../../observability/printable.ts';
import { countText } from '../amount-text.ts';
import { type Look, plainLook } from '../terminal/look.ts';
import {
  type Alignment,
  type Cell,
  detailedLines,
  headings,
  tableLines,
} from '../terminal/text-table.ts';
import { durationText, localSecond } from '../time-text.ts';

const usPerMs = 1000n;

/** Lines without line ends; below a group that is stalled, why. */
export function groupLines(
  groups: readonly Group[],
  nowMs: number,
  look: Look = plainLook,
): string[] {
  const columns: Alignment[] = ['left', 'left', ...Array<Alignment>(6).fill('right')];
  const head = ['GROUP', 'STREAM', 'LAG', 'MEMBERS', 'IN FLIGHT', 'CREDITS', 'AGAIN', 'DEAD'];
  const rows = groups.map((group): Cell[] => [
    printable(group.group),
    printable(group.stream),
    countText(group.lag),
    String(group.members),
    countText(group.inFlight),
    countText(group.credits),
    countText(group.redeliveries),
    group.deadLetters > 0n
      ? { text: countText(group.deadLetters), tone: 'warning' }
      : countText(group.deadLetters),
  ]);
  const details = groups.map(({ stall, stalledSinceUs }) => {
    const ms = nowMs - Number(stalledSinceUs / usPerMs);
    return stall === '' ? '' : `${printable(stall)}, for ${durationText(ms)}`;
  });
  return detailedLines(columns, { head, rows, details }, look);
}

export function memberLines(members: readonly GroupMember[], look: Look = plainLook): string[] {
  if (members.length === 0) return ['No member is connected.'];
  const columns: Alignment[] = ['right', 'left', 'time', 'right', 'right'];
  const head = ['ID', 'MEMBER', 'JOINED', 'IN FLIGHT', 'CREDITS'];
  const rows = members.map((member) => [
    String(member.memberId),
    member.member === '' ? '-' : printable(member.member),
    localSecond(member.joinedAtUs),
    countText(member.inFlight),
    countText(member.credits),
  ]);
  return tableLines(columns, [headings(head), ...rows], look);
}

export function groupJson(group: Group): string {
  return asciiControls({
    event: 'group',
    stream: group.stream,
    group: group.group,
    nextOffset: String(group.nextOffset),
    lag: Number(group.lag),
    members: group.members,
    credits: Number(group.credits),
    inFlight: Number(group.inFlight),
    waiting: Number(group.waiting),
    redeliveries: Number(group.redeliveries),
    deadLetters: Number(group.deadLetters),
    stall: group.stall === '' ? null : group.stall,
    stalledSince: group.stall === '' ? null : isoTime(group.stalledSinceUs),
    ackDeadlineMs: group.ackDeadlineMs,
    deliveriesMax: group.deliveriesMax === 0 ? null : group.deliveriesMax,
    devices: group.devices,
    metrics: group.metrics,
  });
}

export function memberJson(member: GroupMember): string {
  return asciiControls({
    event: 'member',
    memberId: String(member.memberId),
    member: member.member,
    joinedAt: isoTime(member.joinedAtUs),
    credits: Number(member.credits),
    inFlight: Number(member.inFlight),
  });
}
