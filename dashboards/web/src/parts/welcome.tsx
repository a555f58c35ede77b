// For the first visit, before any device has spoken: what to do next.
import type { JSX } from 'preact';
import { routeUrl } from '../shell/router.ts';
import { CopyLine } from './copy-line.tsx';
import { EmptyNote } from './notes.tsx';

export function Welcome(): JSX.Element {
  return (
    <EmptyNote title="No device has spoken yet">
      <p>Point a device, or one line in a terminal, at this gateway; it shows up here at once.</p>
      <div class="actions">
        <a class="button is-main" href={routeUrl(['connect'])}>
          Connect a device
        </a>
      </div>
      <p class="welcome-demo">
        Or look around with twelve invented thermometers first: end the gateway with Ctrl‑C and run
      </p>
      <CopyLine name="the line that runs the demo" text="npx millpond demo" />
    </EmptyNote>
  );
}
