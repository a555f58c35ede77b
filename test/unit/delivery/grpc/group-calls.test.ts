// AdminService's lists of groups: a page at a time, with what is left to do of each.
import { expect, test } from 'vitest';
import type { GroupDeadLetterWork, GroupMember, GroupStatus } from '../../../../src/core/group.ts';
import {
  type GroupParts,
  listGroupDeadLetters,
  listGroupMembers,
  listGroups,
  purgeGroupDeadLetters,
  redeliverGroupDeadLetters,
} from '../../../../src/delivery/grpc/group-calls.ts';

const settings = { ackDeadlineMs: 1000, deliveriesMax: 0, devices: ['a*'], metrics: [] };

function status(stream: string, group: string, fields: Partial<GroupStatus> = {}): GroupStatus {
  return {
    stream,
    group,
    nextOffset: 10,
    settledAbove: 3,
    members: 1,
    credits: 2,
    inFlight: 1,
    waitingRedelivery: 0,
    waitingDevices: 0,
    redeliveries: 0,
    deadLetters: 0,
    stall: null,
    settings,
    ...fields,
  };
}

function parts(fields: Partial<GroupParts['groups']>): GroupParts {
  const streams = [
    { stream: 'readings', highWatermark: 20 },
    { stream: 'power', highWatermark: 5 },
  ];
  const log = { status: async () => ({ streams }) };
  return { groups: fields, log } as unknown as GroupParts;
}

test('groups come by stream and name, a page at a time, with what is not done of each', async () => {
  const all = [status('readings', 'b'), status('readings', 'a'), status('power', 'c')];
  const given = parts({ listGroups: async () => all });
  const names = [];
  let pageToken = '';
  do {
    const page = await listGroups(given, { stream: '', pageSize: 2, pageToken });
    names.push(page.groups.map(({ group }) => group));
    pageToken = page.nextPageToken;
  } while (pageToken !== '');
  expect(names).toEqual([['c', 'a'], ['b']]);
  const { groups } = await listGroups(given, { stream: 'readings', pageSize: 0, pageToken: '' });
  expect(groups[0]).toMatchObject({
    lag: 7n,
    stall: '',
    stalledSinceUs: 0n,
    deliveriesMax: 0,
    devices: ['a*'],
  });
});

test('a stall is told with its time', async () => {
  const stall = { reason: 'no credits', sinceUs: 77 };
  const given = parts({ listGroups: async () => [status('readings', 'a', { stall })] });
  const { groups } = await listGroups(given, { stream: '', pageSize: 0, pageToken: '' });
  expect(groups[0]).toMatchObject({ stall: 'no credits', stalledSinceUs: 77n });
});

test('an unknown stream, and a token that is none, are refused', async () => {
  const given = parts({ listGroups: async () => [] });
  const request = { stream: 'none', pageSize: 0, pageToken: '' };
  await expect(listGroups(given, request)).rejects.toMatchObject({ code: 'STREAM_UNKNOWN' });
  await expect(
    listGroups(given, { stream: '', pageSize: 0, pageToken: 'x' }),
  ).rejects.toMatchObject({ code: 'REQUEST_INVALID' });
});

test('members come in the order in which they joined, a page at a time', async () => {
  const members = [9, 3, 5].map(
    (id): GroupMember => ({
      id,
      name: `m${id}`,
      joinedAtUs: id,
      credits: 0,
      inFlight: 0,
      lastAckAtUs: null,
      oldestDeadlineUs: null,
    }),
  );
  const given = parts({ listGroupMembers: async () => members });
  const request = { stream: '', group: 'g', pageSize: 2 };
  const first = await listGroupMembers(given, { ...request, pageToken: '' });
  expect(first.members.map(({ memberId }) => memberId)).toEqual([3n, 5n]);
  const second = await listGroupMembers(given, { ...request, pageToken: first.nextPageToken });
  expect(second).toMatchObject({ members: [{ memberId: 9n, member: 'm9' }], nextPageToken: '' });
});

test('dead letters are listed with their reading, and worked on within bounds', async () => {
  const works: GroupDeadLetterWork[] = [];
  const letter = {
    offset: 4,
    device: 'd',
    channel: '',
    metric: 'task',
    unit: '',
    source: 'mqtt',
    value: 'text',
    quality: 1,
    measuredAtUs: 1,
    receivedAtUs: 2,
    failures: 3,
    reason: 'no disk',
    diedAtUs: 5,
    isRedelivering: false,
  };
  const given = parts({
    listGroupDeadLetters: async (work) => {
      works.push(work);
      return { entries: [letter], next: 5 };
    },
    redeliverGroupDeadLetters: async (work) => {
      works.push(work);
      return { letters: 1, next: null };
    },
    purgeGroupDeadLetters: async (work) => {
      works.push(work);
      return { letters: 2, next: 9 };
    },
  });
  const which = { stream: '', group: 'g', offsets: [4n] };
  const list = await listGroupDeadLetters(given, { ...which, pageSize: 5000, pageToken: '' });
  expect(list.deadLetters).toMatchObject([
    { reading: { offset: 4n, value: { $case: 'text', value: 'text' } }, failures: 3 },
  ]);
  await listGroupDeadLetters(given, { ...which, pageSize: 1, pageToken: list.nextPageToken });
  const work = { ...which, fromOffset: 7n, limit: 0 };
  expect(await redeliverGroupDeadLetters(given, work)).toEqual({
    redelivered: 1n,
    nextOffset: undefined,
  });
  expect(await purgeGroupDeadLetters(given, work)).toEqual({ purged: 2n, nextOffset: 9n });
  expect(works.map(({ from, limit }) => [from, limit])).toEqual([
    [0, 1000],
    [5, 1],
    [7, 100],
    [7, 100],
  ]);
  expect(works[0]).toMatchObject({ group: 'g', offsets: [4] });
});

test('too many offsets, and those that no stream has, are refused', async () => {
  const given = parts({ purgeGroupDeadLetters: async () => ({ letters: 0, next: null }) });
  const work = { stream: '', group: 'g', fromOffset: 0n, limit: 0 };
  for (const offsets of [Array<bigint>(1001).fill(1n), [2n ** 53n]]) {
    await expect(purgeGroupDeadLetters(given, { ...work, offsets })).rejects.toMatchObject({
      code: 'REQUEST_INVALID',
    });
  }
});
