// The log on DuckDB keeps what every log promises.
import { describeLog } from '../contract/log.ts';
import { openLog, withDatabase } from '../support/duckdb-log.ts';

describeLog({
  name: 'the log on DuckDB',
  open: openLog,
  async deadLetters(directory) {
    const rows = await withDatabase(directory, 'select * from dead_letters order by id');
    return rows.map((row) => ({
      topic: String(row.topic),
      reason: String(row.reason),
      profile: String(row.profile),
      isRetained: (Number(row.flags) & 1) !== 0,
      isRedelivered: (Number(row.flags) & 2) !== 0,
      payload: Uint8Array.from(row.payload as Uint8Array),
    }));
  },
});
