// Groups on a real log that is killed again and again while members join, work, fail, leave and die:
// nothing that was confirmed comes again, each device keeps its order, and in the end every reading
// is settled or a dead letter.
import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { decodedOf, messageOf, settled } from '../contract/log.ts';
import {
  type Given,
  openGroups,
  type Rig,
  settings,
  type TestMember,
} from '../support/group-rig.ts';
import { chooseSeed, randomFrom } from '../support/random.ts';
import { readingOf } from '../support/reading-rows.ts';
import { tempFolder } from '../support/temp-folder.ts';

const LIVES = 3;
const READINGS_A_LIFE = 150;
const DEVICES = 6;

const groupSettings = { ...settings, deliveriesMax: 2 };

/** What must hold over all lives of the gateway. */
class Books {
  count = 0;
  /** Told to be durable. */
  readonly confirmed = new Set<number>();
  /** Acknowledged at any time, confirmed or not. */
  readonly acknowledged = new Set<number>();
  readonly heldBy = new Map<number, TestMember>();

  given(member: TestMember, given: readonly Given[]): void {
    for (const { offset, device } of given) {
      expect(this.confirmed.has(offset)).toBe(false);
      expect(this.heldBy.has(offset)).toBe(false);
      for (const [other, holder] of this.heldBy) {
        if (deviceOf(other) !== device) continue;
        expect(holder).toBe(member);
        expect(other).toBeLessThan(offset);
      }
      this.heldBy.set(offset, member);
    }
  }

  acked(offsets: readonly number[]): void {
    for (const offset of offsets) {
      this.heldBy.delete(offset);
      this.acknowledged.add(offset);
    }
  }

  /** Gone back, and all of its device behind it. */
  returned(offset: number): void {
    for (const other of [...this.heldBy.keys()]) {
      if (other >= offset && deviceOf(other) === deviceOf(offset)) this.heldBy.delete(other);
    }
  }

  left(member: TestMember): void {
    for (const [offset, holder] of [...this.heldBy]) {
      if (holder === member) this.heldBy.delete(offset);
    }
  }
}

/** Nobody can do anything with it. */
function isBad(offset: number): boolean {
  return offset % 17 === 3;
}

function deviceOf(offset: number): string {
  return `d${(offset * offset + (offset >> 2)) % DEVICES}`;
}

async function append(rig: Rig, books: Books, count: number): Promise<void> {
  const readings = Array.from({ length: count }, () => {
    const value = books.count++;
    return readingOf({ device: deviceOf(value), value });
  });
  rig.log.append(messageOf(), decodedOf(readings));
  await settled(rig.log);
}

/** One life: members at random until enough was confirmed; the folder as a kill would leave it. */
async function live(
  folder: string,
  books: Books,
  random: () => number,
  until: number,
): Promise<string> {
  const rig = await openGroups(folder, {
    groups: { windowReadings: 512, backOffMs: { first: 1, max: 2 } },
  });
  books.heldBy.clear();
  await append(rig, books, READINGS_A_LIFE);
  const enough = books.acknowledged.size + until;
  const members = new Set<TestMember>();
  const killed = join(tempFolder(), 'killed');
  await new Promise<void>((resolve, reject) => {
    let isOver = false;
    const end = (): void => {
      if (isOver) return;
      isOver = true;
      cpSync(folder, killed, { recursive: true });
      rmSync(join(killed, 'lock'));
      resolve();
    };
    const enter = async (): Promise<void> => {
      const member = await rig.join({ settings: groupSettings });
      const waiting = new Map<number, number[]>();
      members.add(member);
      member.onGiven = (given) => {
        try {
          books.given(member, given);
        } catch (error) {
          isOver = true;
          reject(error);
        }
        // In another turn, as over a wire.
        setImmediate(() => work(member, given, waiting));
      };
      member.onSettled = (throughId) => {
        if (isOver) return;
        for (const [id, offsets] of waiting) {
          if (id > throughId) continue;
          waiting.delete(id);
          for (const offset of offsets) books.confirmed.add(offset);
        }
      };
      member.credit(1 + Math.floor(random() * 30));
    };
    const work = (
      member: TestMember,
      given: readonly Given[],
      waiting: Map<number, number[]>,
    ): void => {
      if (isOver || !members.has(member)) return;
      const fate = random();
      if (members.size > 1 && fate < 0.06) {
        members.delete(member);
        books.left(member);
        member.leave(fate < 0.02);
        enter().catch(reject);
        return;
      }
      const mine = given
        .map(({ offset }) => offset)
        .filter((each) => books.heldBy.get(each) === member);
      const bad = mine.filter((offset) => isBad(offset) || random() < 0.03);
      const good = mine.filter((offset) => !bad.includes(offset) && random() < 0.95);
      if (good.length > 0) {
        books.acked(good);
        waiting.set(member.ack(good), good);
      }
      for (const offset of bad) {
        if (books.heldBy.get(offset) !== member) continue;
        books.returned(offset);
        member.nack([offset], 'no');
      }
      // What was left over is worked off later.
      const rest = mine.filter((offset) => books.heldBy.get(offset) === member);
      if (rest.length > 0) {
        setImmediate(() => {
          if (isOver || !members.has(member)) return;
          const still = rest.filter((offset) => books.heldBy.get(offset) === member);
          books.acked(still);
          if (still.length > 0) waiting.set(member.ack(still), still);
        });
      }
      member.credit(given.length);
      if (books.acknowledged.size >= enough) end();
    };
    Promise.all([enter(), enter(), enter()]).catch(reject);
  }).finally(() => rig.close());
  return killed;
}

test('through three lives nothing confirmed comes again, and every reading comes to an end', async () => {
  const random = randomFrom(chooseSeed());
  const books = new Books();
  let folder = tempFolder();
  for (let life = 0; life < LIVES; life += 1) {
    folder = await live(folder, books, random, 70 + Math.floor(random() * 50));
  }
  const rig = await openGroups(folder);
  books.heldBy.clear();
  const last = await rig.join({ settings: { ...settings, deliveriesMax: 1 } });
  last.onGiven = (given) => {
    books.given(last, given);
    const offsets = given.map(({ offset }) => offset);
    const good = offsets.filter((offset) => !isBad(offset));
    books.acked(good);
    if (good.length > 0) last.ack(good);
    for (const offset of offsets.filter(isBad)) books.heldBy.delete(offset);
    if (good.length < offsets.length) last.nack(offsets.filter(isBad));
    last.credit(given.length);
  };
  last.credit(50);
  await expect.poll(() => rig.groups.list()[0]?.nextOffset, { timeout: 20_000 }).toBe(books.count);
  await last.settled();
  const dead = await rig.log.inspect(async (connection) => {
    const found = await connection.runAndReadAll('select "offset" from group_dead_letters');
    return found.getRows().map(([offset]) => Number(offset));
  });
  for (const offset of dead) {
    expect(books.confirmed.has(offset)).toBe(false);
  }
  expect(new Set(dead).size).toBe(dead.length);
  for (let offset = 3; offset < books.count; offset += 17) expect(dead).toContain(offset);
  // An ack that was not confirmed before a kill may have counted, or its reading has come again.
  expect(new Set([...books.acknowledged, ...dead]).size).toBe(books.count);
  await rig.close();
});
