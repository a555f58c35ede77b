// The readings of one device as they are stored, by server-sent events: one connection while the page
// is seen, opened again when it broke.

import { exactGlob } from '../../../../../src/core/glob.ts';
import type { ReadingEvent } from '../../api/answers.ts';
import { apiUrl } from '../../api/client.ts';

const REOPEN_MS = 5_000;

export interface LiveReadings {
  readonly close: () => void;
}

/** `opened` tells whether events arrive; without them the page asks more often. */
export function followDevice(
  device: string,
  onReading: (reading: ReadingEvent) => void,
  opened: (isOpen: boolean) => void,
): LiveReadings {
  let source: EventSource | null = null;
  let timer = 0;

  const shut = (): void => {
    clearTimeout(timer);
    source?.close();
    source = null;
    opened(false);
  };
  const open = (): void => {
    shut();
    if (document.hidden) return;
    const made = new EventSource(apiUrl('live', { device: exactGlob(device) }));
    source = made;
    made.onopen = () => opened(true);
    made.onmessage = ({ data }) => onReading(JSON.parse(data) as ReadingEvent);
    made.onerror = () => {
      opened(false);
      // It tries again by itself, but not after an answer that was no stream.
      if (made.readyState === EventSource.CLOSED) timer = window.setTimeout(open, REOPEN_MS);
    };
  };
  const onVisibility = (): void => (document.hidden ? shut() : open());
  document.addEventListener('visibilitychange', onVisibility);
  open();
  return {
    close: () => {
      document.removeEventListener('visibilitychange', onVisibility);
      shut();
    },
  };
}
