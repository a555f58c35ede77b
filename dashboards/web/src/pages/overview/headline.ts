// The gateway's state in one sentence: the first thing that is read.
import type { Status } from '../../api/answers.ts';
import { countOf } from '../../format/numbers.ts';

export interface Headline {
  readonly kind: 'good' | 'warning' | 'critical';
  readonly text: string;
}

export function headlineOf(status: Status): Headline {
  const { alerts, problem, ready, devices } = status;
  if (!ready) return { kind: 'critical', text: problem ?? 'The gateway takes no readings now.' };
  const critical = alerts.filter(({ severity }) => severity === 'critical').length;
  if (critical > 0) {
    return {
      kind: 'critical',
      text: `${countOf(critical, 'thing needs', 'things need')} you now.`,
    };
  }
  if (alerts.length > 0) {
    return {
      kind: 'warning',
      text: `Running, with ${countOf(alerts.length, 'thing')} to look at.`,
    };
  }
  if (devices === 0) return { kind: 'good', text: 'Running, and waiting for the first device.' };
  return { kind: 'good', text: 'All is well.' };
}
