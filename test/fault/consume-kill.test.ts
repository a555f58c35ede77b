// A group under random joins, goodbyes, deaths, acks, nacks and kills of the gateway, while readings
// come in: at the end every reading was acknowledged or is a dead letter, each device's order held,
// and nothing that was confirmed came again. TEST_SEED repeats a run.
import { expect, onTestFinished, test } from 'vitest';
import { ConsumeRig } from '../support/consume-rig.ts';
import { GroupBook } from '../support/group-book.ts';
import type { Delivered, Member } from '../support/member.ts';
import { chooseSeed, randomFrom } from '../support/random.ts';

const ROUNDS = Number(process.env.TEST_CONSUME_ROUNDS ?? 2);
const STEPS_A_ROUND = 120;
const DEVICES = 12;
const MEMBERS_MAX = 5;
const CREDITS = 12;
const READINGS_A_STEP = 8;
const DELIVERIES_MAX = 2;
const GROUP = 'model';

test(`a group through ${ROUNDS} kills of the gateway`, {
  timeout: 60_000 + ROUNDS * 20_000,
}, async () => {
  const random = randomFrom(chooseSeed());
  const upTo = (count: number) => Math.floor(random() * count);
  const rig = new ConsumeRig({
    MILLPOND_CONSUME_BACK_OFF: '20ms',
    MILLPOND_LOG_SEAL_ROWS: '500',
  });
  onTestFinished(() => rig.close());
  const book = new GroupBook();
  let members: Member[] = [];
  let published = 0;

  function join(): void {
    const member = rig.member({
      group: GROUP,
      credits: CREDITS,
      limit: { $case: 'deliveriesMax', value: DELIVERIES_MAX },
    });
    member.onDelivered = (some: readonly Delivered[]) => {
      if (members.includes(member)) for (const each of some) book.delivered(member, each);
    };
    members.push(member);
  }

  function ack(member: Member, offsets: readonly number[]): void {
    const receipts = offsets.map((offset) => book.acked(member, offset));
    const id = member.ack(...offsets);
    member.credit(offsets.length);
    void member.settled(id).then(
      (faults) => {
        const refused = new Set(faults.flatMap((fault) => fault.offsets.map(Number)));
        for (const receipt of receipts) {
          book.settled(receipt, { isRefused: refused.has(receipt.offset) });
        }
      },
      // Ended before the answer: it may be done or not.
      () => undefined,
    );
  }

  function nack(member: Member, offset: number): void {
    const answered = book.nacked(offset);
    const id = member.nack([offset], { delayMs: upTo(30), reason: 'random' });
    void member.settled(id).then(answered, answered);
    member.credit(CREDITS);
  }

  async function publish(): Promise<void> {
    const tasks = Array.from({ length: upTo(READINGS_A_STEP) }, () => {
      const device = `d${upTo(DEVICES)}`;
      book.add(device);
      return [device, published++] as const;
    });
    if (tasks.length > 0) await rig.publish(tasks);
  }

  function leave(member: Member, isGoodbye: boolean): void {
    members = members.filter((each) => each !== member);
    if (isGoodbye) void member.goodbye();
    else member.die();
    book.gone(member);
  }

  async function step(): Promise<void> {
    const member = members[upTo(members.length)];
    const held = member === undefined ? [] : book.heldBy(member);
    const choice = random();
    if (member === undefined || (choice < 0.06 && members.length < MEMBERS_MAX)) join();
    else if (choice < 0.08) leave(member, true);
    else if (choice < 0.11) leave(member, false);
    else if (choice < 0.2 && held.length > 0) nack(member, held[upTo(held.length)]!);
    else if (choice < 0.8 && held.length > 0) {
      const some = held.filter(() => random() < 0.6);
      if (some.length > 0) ack(member, some);
    } else await publish();
    await new Promise(setImmediate);
  }

  await rig.start();
  for (let round = 0; round < ROUNDS; round++) {
    for (let each = 0; each < STEPS_A_ROUND; each++) await step();
    const ended = members.map((member) => member.ended());
    members = [];
    await rig.killAndStart();
    await Promise.all(ended);
    book.nextLife();
  }

  // No more nacks: what is left is done by members that stay.
  while (members.length < 3) join();
  const finish = setInterval(() => {
    for (const member of members) {
      const held = book.heldBy(member);
      if (held.length > 0) ack(member, held);
    }
  }, 5);
  onTestFinished(() => clearInterval(finish));
  await rig.until(GROUP, ({ lag }) => lag === 0n);
  clearInterval(finish);

  const dead = (await rig.deadLetters(GROUP)).map(({ reading }) => Number(reading?.offset));
  expect(book.complaints).toEqual([]);
  expect([...book.passedOver].filter((offset) => !dead.includes(offset))).toEqual([]);
  expect(book.unacknowledged().filter((offset) => !dead.includes(offset))).toEqual([]);
  console.log(`${published} readings, ${dead.length} dead letters`);
});
