// Commits of 500 rows to a log in this process, at a rate or as fast as they go, with the time that
// each took from its append to its settlement. Prints one line of JSON.
//
// node commit-load.mjs --rate 50000 --readings 1000000 --seal-rows off|500k
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { systemClock } from '../../dist/core/clock.js';
import { amount } from './figures.mjs';
import { appendMessage, commit, logOptions, openLog, unsealed } from './log-on-disk.mjs';
import { makeFolder } from './processes.mjs';

const { values } = parseArgs({
  options: {
    /** Rows a second; 0 for the next commit as soon as the last is durable. */
    rate: { type: 'string', default: '0' },
    readings: { type: 'string' },
    'seal-rows': { type: 'string', default: '500k' },
  },
});
const ROWS = 500;
const WARMUP_COMMITS = 200;
const rate = Number(values.rate);
const commits = Math.ceil(Number(values.readings) / ROWS) + WARMUP_COMMITS;

const folder = makeFolder('seal');
const directory = join(folder, 'data');
const sealMs = [];
const { events } = logOptions(directory);
const log = await openLog(directory, {
  ...(values['seal-rows'] === 'off' ? unsealed.options : { sealRows: amount(values['seal-rows']) }),
  events: { ...events, sealed: ({ ms }) => sealMs.push(ms) },
});

let message = 0;
function append() {
  const receivedAtUs = systemClock();
  for (let row = 0; row < ROWS; row += 2) appendMessage(log, message++, receivedAtUs);
  return commit(log);
}

const commitMs = [];
let startedMs = performance.now();
const waiting = [];
for (let number = 0; number < commits; number++) {
  if (number === WARMUP_COMMITS) startedMs = performance.now();
  const dueMs = startedMs + ((number - WARMUP_COMMITS) * ROWS * 1000) / rate;
  if (rate > 0 && number >= WARMUP_COMMITS) await sleep(Math.max(0, dueMs - performance.now()));
  const appendedMs = performance.now();
  const durable = append().then(() => {
    if (number >= WARMUP_COMMITS) commitMs.push(performance.now() - appendedMs);
  });
  if (rate === 0 || number < WARMUP_COMMITS) await durable;
  else waiting.push(durable);
}
await Promise.all(waiting);
const seconds = (performance.now() - startedMs) / 1000;
await log.close();
rmSync(folder, { recursive: true, force: true });
console.log(JSON.stringify({ commitMs, sealMs, perSecond: (commitMs.length * ROWS) / seconds }));
