// Charts as the ways out ask for them, each a message to the log thread.

import { noteOffHeap } from '../core/off-heap.ts';
import type { SeriesReader } from '../core/series-points.ts';
import type { LogClient } from './log-client.ts';

/** Of one point in the five columns. */
const POINT_BYTES = 5 * 8;

export function seriesClient(client: Pick<LogClient, 'ask'>): SeriesReader {
  return {
    async readSeries(request, signal) {
      const answer = await client.ask('readSeries', request, signal);
      const points = answer.series.reduce((sum, { timeUs }) => sum + timeUs.length, 0);
      noteOffHeap(points * POINT_BYTES);
      return answer;
    },
  };
}
