// What every kind of field of a profile shares: when it applies, what its series is called, which device
// and channel it belongs to, and whose time counts. Names are judged here, for they come from anyone.

import type { Condition } from './condition.ts';
import { isMet } from './condition.ts';
import type { TimeForm } from './device-time.ts';
import { parseTime } from './device-time.ts';
import type { Emission } from './emission.ts';
import { nameMetricCached } from './metric-names.ts';
import { judgeName, nameLengthMax, quote } from './names.ts';
import type { FieldReference, Template } from './template.ts';
import { readReference, renderTemplate } from './template.ts';
import type { TimePattern } from './time-pattern.ts';
import type { Conversion, MetricKind } from './units.ts';

/** A leaf of a rule's paths: makes readings of the value found there, or says why it makes none. */
export interface Field {
  emit(value: unknown, emission: Emission): void;
}

/** Where a time stands: in one field, or in a text put together from several. */
export type TimeSource = { readonly reference: FieldReference } | { readonly template: Template };

export interface TimeRule {
  readonly sources: readonly TimeSource[];
  readonly form: TimeForm | TimePattern;
  readonly zoneMinutes: number | null;
}

/** What a field of any kind has. */
export interface FieldBasis {
  readonly metric: Template;
  readonly channel: Template | null;
  /** Null: the device of the message. */
  readonly device: Template;
  readonly hasOwnDevice: boolean;
  readonly when: readonly Condition[];
  readonly unless: readonly Condition[];
  /** Set only when the time stands beside the value and not once in the document. */
  readonly time: TimeRule | null;
}

export interface Series {
  readonly metric: string;
  readonly channel: string;
  readonly kind: MetricKind | null;
  readonly conversion: Conversion | null;
}

export function applyTime(time: TimeRule, emission: Emission): void {
  const { sources, form, zoneMinutes } = time;
  for (const source of sources) {
    const value =
      'reference' in source
        ? readReference(source.reference, emission)
        : renderTemplate(source.template, emission);
    if (value === undefined || value === null) continue;
    const us =
      typeof form === 'string'
        ? parseTime(value, form, zoneMinutes)
        : form.parse(typeof value === 'object' ? '' : String(value), zoneMinutes);
    emission.useDeviceTime(us);
    return;
  }
  emission.useArrivalTime();
}

/** Any one of `when`, and none of `unless`. */
export function appliesTo(
  { when, unless }: Pick<FieldBasis, 'when' | 'unless'>,
  value: unknown,
  emission: Emission,
): boolean {
  if (when.length > 0 && !isAnyMet(when, value, emission)) return false;
  return unless.length === 0 || !isAnyMet(unless, value, emission);
}

/** A loop and no closure: a family with a number for each kind of value asks dozens of times a message. */
function isAnyMet(conditions: readonly Condition[], value: unknown, emission: Emission): boolean {
  for (const condition of conditions) if (isMet(condition, value, emission)) return true;
  return false;
}

/** Null: refused, and the emission knows why. */
export function nameSeries({ metric }: FieldBasis, emission: Emission): Series | null {
  const name = renderTemplate(metric, emission);
  if (name === undefined) {
    emission.reject('name_invalid', 'no name for the metric');
    return null;
  }
  const named = nameMetricCached(name);
  if (named.kind !== null) return named;
  const fault = judgeName(named.metric);
  if (fault === null) return named;
  const limit = fault === 'name_too_long' ? ` is longer than ${nameLengthMax}` : '';
  emission.reject(fault, `the metric ${quote(name)}${limit}`);
  return null;
}

/** Null: refused. */
export function findDevice(rule: FieldBasis, emission: Emission): string | null {
  if (!rule.hasOwnDevice && emission.device !== '') return emission.device;
  const device = renderTemplate(rule.device, emission) ?? '';
  const fault = judgeName(device);
  if (fault === null) return device;
  emission.reject(fault, device === '' ? 'the device has no name' : `the device ${quote(device)}`);
  return null;
}

/** Null: refused. */
export function findChannel(
  { channel: template }: FieldBasis,
  series: Series,
  emission: Emission,
): string | null {
  if (template === null && series.channel === '') return '';
  const channel =
    template === null ? series.channel : (renderTemplate(template, emission) ?? series.channel);
  const fault = channel === '' || template?.constant === channel ? null : judgeName(channel);
  if (fault === null) return channel;
  emission.reject(fault, `the channel ${quote(channel)}`);
  return null;
}

export function typeName(value: unknown): string {
  if (Array.isArray(value)) return 'an array';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
