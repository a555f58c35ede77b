// Says that the gateway does not answer, or that its log does not, and goes away by itself.
import type { JSX } from 'preact';
import { connection } from '../api/connection.ts';
import { useStore } from '../api/store.ts';
import { icons } from './icons.tsx';

export function ConnectionBanner(): JSX.Element {
  const now = useStore(connection);
  return (
    <div role="status" class="banner-place">
      {now.state === 'lost' && (
        <p class="banner is-critical">
          {icons.critical}
          <span>
            <strong>Connection lost, trying again.</strong> What you see is as it was last told.
          </span>
        </p>
      )}
      {now.state === 'waiting' && (
        <p class="banner is-warning">
          {icons.warning}
          <span>
            <strong>The gateway is not ready, trying again.</strong> {now.message}
          </span>
        </p>
      )}
    </div>
  );
}
