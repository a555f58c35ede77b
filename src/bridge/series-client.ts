// Charts as the ways out ask for them, each a message to the log thread.

import { noteOffHeap } from '../core/off-heap.ts';
import type { SeriesReader } from '../core/series-points.ts';
import type { LogClient } from './log-client.ts';

/** Of one point in the five columns. */
const POINT_BYTES = 5 * 8;

/** A chart has ten seconds there, waiting included. */
const TIMEOUT_MS = 15_000;

export function seriesClient(client: Pick<LogClient, 'askInTime'>): SeriesReader {
  return {
    async readSeries(request, signal) {
      const answer = await client.askInTime('readSeries', request, {
        timeoutMs: TIMEOUT_MS,
        signal,
      });
      const points = answer.series.reduce((sum, { timeUs }) => sum + timeUs.length, 0);
      noteOffHeap(points * POINT_BYTES);
      return answer;
    },
  };
}
