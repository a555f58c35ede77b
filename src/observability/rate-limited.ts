// Keeps a repeated warning from filling the disk: a device that misbehaves does so all day long.

import type { Logger } from './logger.ts';

type Level = 'info' | 'warn' | 'error';
type Write = (fields: object, message: string) => void;

export type RateLimited = Readonly<Record<Level, Write>>;

const messagesMax = 1000;

interface Repeated {
  suppressed: number;
  lastFields: object;
}

/**
 * Writes a message at once, then for `intervalMs` only counts it; at the end of the interval, if it
 * came again, writes it once more with the last fields and the count in `suppressed`. Messages are
 * told apart by their level and text alone, so keep what varies in the fields.
 */
export function rateLimited(logger: Logger, intervalMs: number): RateLimited {
  const recent = new Map<string, Repeated>();

  const endInterval = (key: string, level: Level, message: string): void => {
    const repeated = recent.get(key);
    if (repeated === undefined) return;
    if (repeated.suppressed === 0) {
      recent.delete(key);
      return;
    }
    logger[level]({ ...repeated.lastFields, suppressed: repeated.suppressed }, message);
    repeated.suppressed = 0;
    startInterval(key, level, message);
  };

  const startInterval = (key: string, level: Level, message: string): void => {
    setTimeout(endInterval, intervalMs, key, level, message).unref();
  };

  const writeAt = (level: Level): Write => {
    return (fields, message) => {
      // With so many different messages they are not told apart any more.
      const wanted = `${level} ${message}`;
      const key = recent.has(wanted) || recent.size < messagesMax ? wanted : level;
      const repeated = recent.get(key);
      if (repeated !== undefined) {
        repeated.suppressed += 1;
        repeated.lastFields = fields;
        return;
      }
      recent.set(key, { suppressed: 0, lastFields: {} });
      logger[level](fields, message);
      startInterval(key, level, message);
    };
  };

  return { info: writeAt('info'), warn: writeAt('warn'), error: writeAt('error') };
}
