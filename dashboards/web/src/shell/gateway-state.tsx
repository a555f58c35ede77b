// The gateway's state in a word and a colour, on every page.
import type { JSX } from 'preact';
import { connection } from '../api/connection.ts';
import { useStore } from '../api/store.ts';
import { useStatus } from './status.ts';

export function GatewayState(): JSX.Element | null {
  const { state } = useStore(connection);
  const { answer } = useStatus();
  if (state === 'lost') return <StateBadge kind="critical" text="Lost" />;
  if (state === 'waiting') return <StateBadge kind="warning" text="Not ready" />;
  if (answer === null) return null;
  if (!answer.ready) return <StateBadge kind="critical" text="In trouble" />;
  const isCritical = answer.alerts.some(({ severity }) => severity === 'critical');
  if (isCritical) return <StateBadge kind="critical" text="Alert" />;
  if (answer.alerts.length > 0) return <StateBadge kind="warning" text="Warning" />;
  return <StateBadge kind="good" text="Alive" />;
}

interface StateBadgeProps {
  readonly kind: 'good' | 'warning' | 'critical';
  readonly text: string;
}

function StateBadge({ kind, text }: StateBadgeProps): JSX.Element {
  return <span class={`state is-${kind}`}>{text}</span>;
}
