// How a device or a program is connected: the gateway's addresses, lines to copy, and whom it heard.
import type { JSX } from 'preact';
import { CopyLine } from '../../parts/copy-line.tsx';
import type { PageProps } from '../../shell/pages.ts';
import { routeUrl } from '../../shell/router.ts';
import { useStatus } from '../../shell/status.ts';
import './connect.css';
import { type Addresses, type Guide, guides } from './guides.ts';
import { Heard } from './heard.tsx';
import { LoopbackNote } from './loopback-note.tsx';
import { endpointText, type Reach, reachOf } from './reach.ts';

const kinds = [
  { kind: 'send', title: 'Send readings' },
  { kind: 'read', title: 'Read them' },
] as const;

export default function ConnectPage({ route }: PageProps): JSX.Element {
  const { answer: status } = useStatus();
  const guide = guides.find(({ name }) => name === route.query.get('with')) ?? guides[0]!;
  const addresses = status === null ? null : reachesOf(status.addresses);
  return (
    <section>
      <div class="page-head">
        <div>
          <h1>Connect</h1>
          <p class="lead">
            Millpond understands what the usual devices send. Point them at it; nothing else is to
            be set up.
          </p>
        </div>
      </div>
      <Heard />
      {addresses?.mqtt.isLoopback && <LoopbackNote {...addresses} />}
      <div class="cards connect">
        <div class="card guide-list">
          <GuideList current={guide} />
          {addresses !== null && <AddressList {...addresses} />}
        </div>
        <div class="card guide">
          <h2>{guide.title}</h2>
          {addresses !== null &&
            guide.steps(addresses).map(({ text, lines }) => (
              <div key={text} class="step">
                <p>{text}</p>
                {lines !== undefined && (
                  <CopyLine name={`the lines for ${guide.title}: ${text}`} text={lines} />
                )}
              </div>
            ))}
        </div>
      </div>
    </section>
  );
}

function reachesOf(told: {
  readonly mqtt: string;
  readonly grpc: string;
  readonly http: string;
  readonly hostName: string;
}): Addresses {
  const reach = (listen: string): Reach => reachOf(listen, told.hostName, location.hostname);
  return { mqtt: reach(told.mqtt), grpc: reach(told.grpc), http: reach(told.http) };
}

function GuideList({ current }: { readonly current: Guide }): JSX.Element {
  return (
    <nav aria-label="Ways to connect">
      {kinds.map(({ kind, title }) => (
        <div key={kind}>
          <h2>{title}</h2>
          <ul>
            {guides
              .filter((guide) => guide.kind === kind)
              .map((guide) => (
                <li key={guide.name}>
                  <a
                    href={routeUrl(['connect'], { with: guide.name })}
                    aria-current={guide === current ? 'page' : undefined}
                  >
                    {guide.title}
                  </a>
                </li>
              ))}
          </ul>
        </div>
      ))}
    </nav>
  );
}

function AddressList({ mqtt, grpc, http }: Addresses): JSX.Element {
  return (
    <dl class="facts addresses">
      <dt>MQTT</dt>
      <dd>{endpointText(mqtt.near)}</dd>
      <dt>gRPC</dt>
      <dd>{endpointText(grpc.near)}</dd>
      <dt>HTTP</dt>
      <dd>{endpointText(http.near)}</dd>
    </dl>
  );
}
