// What `groups` prints, for people and for programs.
import { expect, test } from 'vitest';
import {
  groupJson,
  groupLines,
  memberJson,
  memberLines,
} from '../../../src/cli/groups/group-lines.ts';
import { letterJson, letterLines } from '../../../src/cli/groups/letter-lines.ts';
import { Group, GroupDeadLetter, GroupMember } from '../../../src/generated/millpond/v1/groups.ts';

const nowMs = Date.parse('2025-06-01T12:00:00.250Z');
const atUs = BigInt(nowMs) * 1000n;

const group = Group.fromPartial({
  stream: 'readings',
  group: 'resize',
  nextOffset: 9_000_000n,
  lag: 1234n,
  members: 3,
  credits: 40n,
  inFlight: 60n,
  waiting: 2n,
  redeliveries: 5n,
  deadLetters: 1n,
  stall: 'window full, held by \u001b[2J',
  stalledSinceUs: atUs - 90_000_000n,
  ackDeadlineMs: 30_000,
});

test('groups, one a line, and why one waits below it', () => {
  const lines = groupLines([group, Group.fromPartial({ stream: 'power', group: 'b' })], nowMs);
  expect(lines[0]).toMatch(/^GROUP +STREAM +LAG +MEMBERS +IN FLIGHT +CREDITS +AGAIN +DEAD$/);
  expect(lines[1]).toMatch(/^resize +readings +1,234 +3 +60 +40 +5 +1$/);
  expect(lines[2]).toBe('    window full, held by \\u001b[2J, for 1 min 30 s');
  expect(lines[3]).toMatch(/^b +power( +0){6}$/);
  expect(lines.filter((line) => line.length > 80)).toEqual([]);
});

test('groups as JSON: offsets as texts, null where there is nothing', () => {
  expect(JSON.parse(groupJson(group))).toMatchObject({
    event: 'group',
    nextOffset: '9000000',
    lag: 1234,
    waiting: 2,
    stalledSince: '2025-06-01T11:58:30.250000Z',
    ackDeadlineMs: 30_000,
    deliveriesMax: null,
  });
  expect(JSON.parse(groupJson(Group.fromPartial({})))).toMatchObject({
    stall: null,
    stalledSince: null,
  });
});

test('members, with and without a name', () => {
  const one = GroupMember.fromPartial({
    memberId: 7n,
    member: 'worker 1',
    joinedAtUs: atUs,
    credits: 3n,
    inFlight: 2n,
  });
  const lines = memberLines([one, GroupMember.fromPartial({ memberId: 8n })]);
  expect(lines[0]).toMatch(/^ID +MEMBER +JOINED +IN FLIGHT +CREDITS$/);
  expect(lines[1]).toMatch(/^ 7 +worker 1 +2025-06-01 \S+ +2 +3$/);
  expect(lines[2]).toMatch(/^ 8 +- /);
  expect(memberLines([])).toEqual(['No member is connected.']);
  expect(JSON.parse(memberJson(one))).toEqual({
    event: 'member',
    memberId: '7',
    member: 'worker 1',
    joinedAt: '2025-06-01T12:00:00.250000Z',
    credits: 3,
    inFlight: 2,
  });
});

test('what a group gave up, with the reason below', () => {
  const letter = GroupDeadLetter.fromPartial({
    reading: {
      offset: 17n,
      device: 'cam-1',
      metric: 'task',
      value: { $case: 'number', value: 4 },
      receivedAtUs: atUs,
    },
    failures: 10,
    reason: 'no disk',
    diedAtUs: atUs,
    isRedelivering: true,
  });
  const lines = letterLines([letter], 3);
  expect(lines[0]).toMatch(/^OFFSET +DEVICE +METRIC +VALUE +FAILURES +GIVEN UP$/);
  expect(lines[1]).toMatch(/^ +17 +cam-1 +task +4 +10 +2025-06-01 \S+, going round again$/);
  expect(lines.slice(2)).toEqual(['    no disk', 'and 3 before them; see --count']);
  expect(JSON.parse(letterJson(letter))).toMatchObject({
    event: 'group-dead-letter',
    failures: 10,
    reason: 'no disk',
    isRedelivering: true,
    reading: { offset: '17', device: 'cam-1', value: 4 },
  });
});
