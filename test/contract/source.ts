// What every Source promises (core/contracts.ts), as a suite that each of them runs.
import { describe, expect, test } from 'vitest';
import type { Intake, Settled, Source } from '../../src/core/contracts.ts';
import { MillpondError } from '../../src/core/errors.ts';

export interface SourceUnderTest {
  readonly name: string;
  /** `source` of the raw messages it hands over. */
  readonly sourceName: string;
  /** False for a way in whose senders are never answered: `send` then resolves once it is sent. */
  readonly acknowledges?: boolean;
  create(intake: Intake): Source;
  /** A sender that is connected to the started source. */
  connect(address: string): Promise<Sender>;
}

export interface Sender {
  /** Resolves when the message is acknowledged, rejects when it never will be. */
  send(topic: string, payload: string): Promise<void>;
  close(): Promise<void>;
}

interface Accepted {
  readonly source: string;
  readonly topic: string;
  readonly payload: string;
  readonly settled: Settled;
}

/** An intake that settles nothing by itself. */
class HeldIntake implements Intake {
  readonly isFull = false;
  readonly accepted: Accepted[] = [];
  #waiting: (() => void)[] = [];

  accept(...[message, settled]: Parameters<Intake['accept']>): void {
    const { source, topic } = message;
    const payload = Buffer.from(message.payload).toString();
    this.accepted.push({ source, topic, payload, settled });
    for (const wake of this.#waiting.splice(0)) wake();
  }

  onceDrained(resume: () => void): void {
    resume();
  }

  async count(least: number): Promise<void> {
    while (this.accepted.length < least) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }
}

export function describeSource(subject: SourceUnderTest): void {
  const acknowledges = subject.acknowledges ?? true;

  async function started() {
    const intake = new HeldIntake();
    const source = subject.create(intake);
    const sender = await subject.connect(await source.start());
    return { intake, source, sender };
  }

  describe(`${subject.name} as a source`, () => {
    test('hands over what was sent, and acknowledges it once it is settled', async () => {
      const { intake, source, sender } = await started();
      let isAcknowledged = false;
      const sent = sender.send('boiler', '71.5').then(() => {
        isAcknowledged = true;
      });
      await intake.count(1);
      expect(intake.accepted[0]).toMatchObject({
        source: subject.sourceName,
        topic: 'boiler',
        payload: '71.5',
      });
      if (acknowledges) expect(isAcknowledged).toBe(false);
      intake.accepted[0]?.settled(null);
      await sent;
      await sender.close();
      await source.stop();
    });

    test('keeps the order in which one sender sent', async () => {
      const { intake, source, sender } = await started();
      const payloads = Array.from({ length: 20 }, (_, index) => `${index}`);
      const sent = payloads.map((payload) => sender.send('a', payload));
      await intake.count(payloads.length);
      expect(intake.accepted.map(({ payload }) => payload)).toEqual(payloads);
      for (const { settled } of intake.accepted) settled(null);
      await Promise.all(sent);
      await sender.close();
      await source.stop();
    });

    test.skipIf(!acknowledges)('does not acknowledge what could not be stored', async () => {
      const { intake, source, sender } = await started();
      const sent = expect(sender.send('a', '1')).rejects.toThrow();
      await intake.count(1);
      intake.accepted[0]?.settled(new MillpondError('LOG_WRITE_FAILED', 'no'));
      await sent;
      await sender.close();
      await source.stop();
    });

    test('stops when everything it accepted is settled, and acknowledges that', async () => {
      const { intake, source, sender } = await started();
      const sent = sender.send('a', '1');
      await intake.count(1);
      let isStopped = false;
      const stopped = source.stop().then(() => {
        isStopped = true;
      });
      await new Promise((resolve) => setImmediate(resolve));
      expect(isStopped).toBe(false);
      intake.accepted[0]?.settled(null);
      await sent;
      await stopped;
      await sender.close();
    });

    test('takes nobody in once it is told to stop', async () => {
      const intake = new HeldIntake();
      const source = subject.create(intake);
      const address = await source.start();
      await source.stop();
      await expect(subject.connect(address)).rejects.toThrow();
      expect(intake.accepted).toEqual([]);
    });

    test('may be stopped before it was started, and twice', async () => {
      const source = subject.create(new HeldIntake());
      await source.stop();
      const other = subject.create(new HeldIntake());
      await other.start();
      await Promise.all([other.stop(), other.stop()]);
      await other.stop();
    });
  });
}
