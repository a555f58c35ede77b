// What the dashboard takes an answer to be is what the gateway's schemas promise. The compiler checks
// it: `npm run check` fails where they differ.
import { expectTypeOf, test } from 'vitest';
import type { z } from 'zod';
import type {
  DevicePage,
  SeriesAnswer,
  Status,
  StatusHistory,
} from '../../../dashboards/web/src/api/answers.ts';
import type { devicesSchema } from '../../../src/delivery/http/api/devices.ts';
import type { historySchema } from '../../../src/delivery/http/api/history.ts';
import type { seriesSchema } from '../../../src/delivery/http/api/series.ts';
import type { statusSchema } from '../../../src/delivery/http/api/status.ts';

test('every answer has what the pages read', () => {
  expectTypeOf<z.infer<typeof statusSchema>>().toExtend<Status>();
  expectTypeOf<z.infer<typeof historySchema>>().toExtend<StatusHistory>();
  expectTypeOf<z.infer<typeof devicesSchema>>().toExtend<DevicePage>();
  expectTypeOf<z.infer<typeof seriesSchema>>().toExtend<SeriesAnswer>();
});
