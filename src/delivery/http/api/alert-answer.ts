// An alert as REST tells it.

import { z } from 'zod';
import { type Alert, alertCodes, alertSeverities } from '../../../observability/alerts.ts';
import { time, timeOrNull } from './fields.ts';

export const alertSchema = z.strictObject({
  code: z.enum(alertCodes),
  severity: z.enum(alertSeverities),
  subject: z.string().describe('The stream, consumer, group or port; empty: the gateway.'),
  message: z.string(),
  remedy: z.string(),
  since: time().nullable().describe('Null where it is not known.'),
});

export function alertAnswer({ sinceUs, ...alert }: Alert): z.infer<typeof alertSchema> {
  return { ...alert, since: timeOrNull(sinceUs) };
}
