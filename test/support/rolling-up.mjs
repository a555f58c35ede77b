// Opens a log and makes its rollups, one after the other, until it is killed. Says when it begins.

import { openLog } from '../../bench/support/log-on-disk.mjs';
import { Rollups } from '../../dist/log/rollups/rollups.js';

const [, , directory] = process.argv;
const log = await openLog(directory, { sealRows: 100, diskFreeBytesMin: 0, reserveBytes: 0 });
const rollups = new Rollups({
  log,
  directory,
  diskFreeBytesMin: 0,
  diskFreeBytes: async () => null,
  failed() {},
});
process.stdout.write('begins\n');
await rollups.settle();
setInterval(() => {}, 1000);
