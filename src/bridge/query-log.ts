// The log as queries see it, each call a message to the log thread.

import { noteOffHeap } from '../core/off-heap.ts';
import type { QueryLog } from '../core/query.ts';
import type { LogClient } from './log-client.ts';

export function queryLog(client: Pick<LogClient, 'ask'>): QueryLog {
  return {
    beginQuery: (sql, readings) => client.ask('beginQuery', { sql, readings }),
    async readQueryRows(request) {
      const answer = await client.ask('readQueryRows', request);
      noteOffHeap(answer.buffer.byteLength);
      return answer;
    },
    async endQuery(snapshot) {
      await client.ask('endQuery', { snapshot });
    },
  };
}
