// Explains that the gateway is not to be reached from the network, and how that is changed.
import type { JSX } from 'preact';
import { CopyLine } from '../../parts/copy-line.tsx';
import type { Addresses } from './guides.ts';

export function LoopbackNote({ mqtt, grpc, http }: Addresses): JSX.Element {
  const config = `mqtt:
  listen: 0.0.0.0:${mqtt.near.port}
grpc:
  listen: 0.0.0.0:${grpc.near.port}
http:
  listen: 0.0.0.0:${http.near.port}
allowAnonymous: true`;
  return (
    <details class="loopback">
      <summary>
        <strong>The gateway listens on its own machine only.</strong> Devices in the network do not
        reach it yet: <u>how to open it</u>
      </summary>
      <p>
        Write this into <code>millpond.yaml</code>, in the folder where the gateway is started, and
        start it again. Everybody in the network may then connect, so do it only where every device
        is trusted.
      </p>
      <CopyLine name="the config that opens the gateway to the network" text={config} />
    </details>
  );
}
