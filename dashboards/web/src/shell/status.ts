// The gateway's status, asked for once for all that show it: the header and the pages.
import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { Status } from '../api/answers.ts';
import type { Polled } from '../api/polled.ts';

export const STATUS_INTERVAL_MS = 2_000;

export const StatusContext = createContext<Polled<Status>>({ answer: null, problem: null });

export function useStatus(): Polled<Status> {
  return useContext(StatusContext);
}
