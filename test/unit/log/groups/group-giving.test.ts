// What a group gives out while it is sought to another place: nothing of the old state counts.
import { expect, test } from 'vitest';
import type { ReadingColumns } from '../../../../src/core/reading.ts';
import { Member } from '../../../../src/log/groups/device-queue.ts';
import { GroupGiving } from '../../../../src/log/groups/group-giving.ts';
import { GroupState } from '../../../../src/log/groups/group-state.ts';
import { RecentRows } from '../../../../src/log/groups/recent-rows.ts';

const unexpected = (): never => {
  throw new Error('nothing is to be sent, kept or told');
};

test('a letter that is gone when it is read, after a seek, gives no credit to its member', async () => {
  const limits = { creditsMax: 10, windowReadings: 100, backOffMs: { first: 1, max: 1 } };
  const rules = { ackDeadlineMs: 100, deliveriesMax: 1 };
  const start = { floor: 1, settled: [], tries: new Map(), revived: [{ offset: 0, device: 7 }] };
  let current = new GroupState(start, rules, limits);
  const sought = current;
  let found = (_: ReadingColumns[]): void => undefined;
  const reading = new Promise<ReadingColumns[]>((resolve) => {
    found = resolve;
  });
  const giving = new GroupGiving({
    recent: new RecentRows(() => 0),
    encoder: { rowsFor: () => 10, encode: unexpected },
    read: unexpected,
    readLetters: () => reading,
    nowMs: () => 0,
    isCurrent: (state) => state === current,
    send: unexpected,
    gap: unexpected,
    keep: unexpected,
    buried: unexpected,
    again: unexpected,
    failed: unexpected,
  });
  const member = new Member(1, '', 0);
  sought.join(member);
  sought.credit(member, 5);
  for (const picked of sought.pick(10)) giving.give(sought, picked);
  expect(member.taken).toBe(1);

  current = new GroupState({ ...start, revived: [] }, rules, limits);
  member.forget();
  found([]);
  await new Promise(setImmediate);
  expect(member).toMatchObject({ taken: 0, credits: 4, isBusy: false });
});
