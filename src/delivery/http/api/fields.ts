// The kinds of field that answers have, each with its form for the OpenAPI document.

import { z } from 'zod';
import { isoTime } from '../../../core/iso-time.ts';

export const time = () => z.string().meta({ examples: ['2025-01-31T12:00:00.123456Z'] });
export const offset = () => z.string().regex(/^\d+$/);
export const count = () => z.int().min(0);

export function timeOrNull(us: number | null): string | null {
  return us === null ? null : isoTime(us);
}
