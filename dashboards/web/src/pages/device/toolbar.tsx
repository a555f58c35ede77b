// The span of time: ranges up to now, zoom and move, back; and the downloads of what is shown.
import type { JSX } from 'preact';
import { exactGlob } from '../../../../../src/core/glob.ts';
import { apiUrl } from '../../api/client.ts';
import { fullTimeText } from '../../format/times.ts';
import type { Span } from '../../parts/span.ts';
import { icons } from '../../shell/icons.tsx';
import { ranges, type View } from './view.ts';

interface ToolbarProps {
  readonly device: string;
  readonly view: View;
  readonly span: Span;
  readonly isFollowed: boolean;
  readonly canGoBack: boolean;
  readonly onRange: (view: View) => void;
  /** By the key that does the same. */
  readonly onStep: (key: string) => void;
}

const steps = [
  { key: 'ArrowLeft', title: 'Earlier', icon: icons.back },
  { key: 'ArrowRight', title: 'Later', icon: icons.forward },
  { key: '+', title: 'Zoom in', icon: icons.plus },
  { key: '-', title: 'Zoom out', icon: icons.minus },
] as const;

export function Toolbar(props: ToolbarProps): JSX.Element {
  const { device, view, span, isFollowed, canGoBack, onRange, onStep } = props;
  const shownRange = view.kind === 'live' ? view.range.name : '';
  return (
    <div class="toolbar">
      <fieldset class="segments">
        <legend class="unseen">Span of time</legend>
        {ranges.map((range) => (
          <button
            key={range.name}
            type="button"
            aria-pressed={range.name === shownRange}
            onClick={() => onRange({ kind: 'live', range })}
          >
            {range.title}
          </button>
        ))}
      </fieldset>
      <fieldset class="segments">
        <legend class="unseen">Zoom and move</legend>
        {steps.map(({ key, title, icon }) => (
          <button
            key={key}
            type="button"
            title={title}
            disabled={key === 'ArrowRight' && view.kind === 'live'}
            onClick={() => onStep(key)}
          >
            {icon}
            <span class="unseen">{title}</span>
          </button>
        ))}
      </fieldset>
      <button
        type="button"
        class="button"
        disabled={!canGoBack}
        onClick={() => onStep('Backspace')}
      >
        Back
      </button>
      <span class="toolbar-span">
        {view.kind === 'fixed' ? (
          `${fullTimeText(span.fromMs)} – ${fullTimeText(span.toMs)}`
        ) : isFollowed ? (
          <span class="state is-good">Live</span>
        ) : (
          ''
        )}
      </span>
      <span class="downloads">
        <Download format="csv" title="CSV" device={device} span={span} />
        <Download format="parquet" title="Parquet" device={device} span={span} />
      </span>
    </div>
  );
}

interface DownloadProps {
  readonly format: string;
  readonly title: string;
  readonly device: string;
  readonly span: Span;
}

function Download({ format, title, device, span }: DownloadProps): JSX.Element {
  const from = new Date(span.fromMs).toISOString();
  const to = new Date(span.toMs).toISOString();
  const readings = apiUrl('readings', { device: exactGlob(device), from, to, format });
  return (
    <a class="button" download href={readings}>
      {icons.download}
      <span class="unseen">Download the readings shown as </span>
      {title}
    </a>
  );
}
