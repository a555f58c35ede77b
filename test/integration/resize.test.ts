// The story of the image-resize queue: a thousand tasks of uneven length over three slow workers in
// processes of their own, one of them killed in the middle. Every task is done, none is lost, and
// what was settled is not done again.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { ConsumeRig, type Task } from '../support/consume-rig.ts';
import { chooseSeed, randomFrom } from '../support/random.ts';

const TASKS = 1000;
const CAMERAS = 40;
const WORKERS = 3;
const TASK_MS_MAX = 16;
const GROUP = 'resize';
const script = fileURLToPath(new URL('../support/resize-worker.mjs', import.meta.url));

class Worker {
  readonly done: number[] = [];
  readonly settled: number[] = [];
  readonly #child: ChildProcess;
  #waiting: (() => void)[] = [];

  constructor(address: string, name: string) {
    this.#child = spawn(process.execPath, [script, address, GROUP, name], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    createInterface({ input: this.#child.stdout! }).on('line', (line) => {
      const { done, settled } = JSON.parse(line) as { done?: number; settled?: number };
      if (done !== undefined) this.done.push(done);
      if (settled !== undefined) this.settled.push(settled);
      for (const wake of this.#waiting.splice(0)) wake();
    });
    onTestFinished(() => void this.#child.kill('SIGKILL'));
  }

  async hasDone(count: number): Promise<void> {
    while (this.done.length < count) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  /** SIGKILL. Resolves when it is gone and all it has said is known. */
  async kill(): Promise<void> {
    const closed = once(this.#child, 'close');
    this.#child.kill('SIGKILL');
    await closed;
  }
}

test('a thousand tasks over three workers, one killed in the middle', async () => {
  const random = randomFrom(chooseSeed());
  const rig = new ConsumeRig({ MILLPOND_CONSUME_BACK_OFF: '100ms' });
  onTestFinished(() => rig.close());
  await rig.start();
  const workers = Array.from(
    { length: WORKERS },
    (_, index) => new Worker(rig.address, `worker ${index}`),
  );
  await rig.until(GROUP, ({ members }) => members === WORKERS);
  await rig.publish(
    Array.from({ length: TASKS }, (): Task => {
      const camera = `camera-${Math.floor(random() * CAMERAS)}`;
      return [camera, Math.floor(TASK_MS_MAX * random() ** 2)];
    }),
  );

  const [victim, ...others] = workers as [Worker, ...Worker[]];
  await victim.hasDone(TASKS / 10);
  await victim.kill();
  await rig.until(GROUP, ({ lag }) => lag === 0n);
  await Promise.all(others.map((worker) => worker.kill()));

  const done = workers.flatMap((worker) => worker.done);
  expect(new Set(done).size).toBe(TASKS);
  // At most what the victim held was done twice: no more than it had credits for.
  expect(done.length - TASKS).toBeLessThanOrEqual(8);
  const again = others.flatMap((worker) => worker.done);
  expect(again.filter((offset) => victim.settled.includes(offset))).toEqual([]);
  expect(victim.settled.length).toBeGreaterThan(0);
  for (const worker of others) expect(worker.done.length).toBeGreaterThan(TASKS / 10);
});
