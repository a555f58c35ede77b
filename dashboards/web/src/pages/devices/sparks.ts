// The last hour of a metric for the small lines in the list: a few requests at a time, the newest
// wish first, and the answers kept for a while.
import type { Bucket } from '../../api/answers.ts';
import { gatewayNowMs } from '../../api/connection.ts';
import { readSeries } from '../../api/resources.ts';

export interface SparkQuestion {
  readonly device: string;
  /** A device that is younger than an hour fills the line with what there is of it. */
  readonly firstSeen: string;
  readonly channel: string;
  readonly metric: string;
}

export interface Spark {
  readonly points: readonly Bucket[];
  readonly fromMs: number;
  readonly toMs: number;
}

const POINTS = 60;
const HOUR_MS = 3_600_000;
const shortestMs = 2 * 60_000;
const keptMax = 400;
const underWayMax = 3;

interface Wish {
  readonly key: string;
  readonly question: SparkQuestion;
  readonly done: (spark: Spark) => void;
}

const kept = new Map<string, { readonly spark: Spark; readonly readMs: number }>();
let wishes: readonly Wish[] = [];
let underWay = 0;

function keyOf({ device, channel, metric }: SparkQuestion): string {
  return JSON.stringify([device, channel, metric]);
}

function lengthMs({ firstSeen }: SparkQuestion): number {
  const knownMs = gatewayNowMs() - Date.parse(firstSeen);
  return Math.min(HOUR_MS, Math.max(shortestMs, knownMs));
}

/** What is kept, even if it is old. */
export function keptSpark(question: SparkQuestion): Spark | null {
  return kept.get(keyOf(question))?.spark ?? null;
}

/** Calls `done` when it is there, unless the wish is given up by what this returns. */
export function wishSpark(question: SparkQuestion, done: (spark: Spark) => void): () => void {
  const key = keyOf(question);
  const known = kept.get(key);
  if (known !== undefined && Date.now() - known.readMs < lengthMs(question) / POINTS)
    return () => undefined;
  const wish: Wish = { key, question, done };
  wishes = [...wishes, wish];
  work();
  return () => {
    wishes = wishes.filter((other) => other !== wish);
  };
}

function work(): void {
  const wish = wishes.at(-1);
  if (wish === undefined || underWay >= underWayMax || document.hidden) return;
  const same = wishes.filter(({ key }) => key === wish.key);
  wishes = wishes.filter(({ key }) => key !== wish.key);
  underWay += 1;
  void read(wish)
    .then((spark) => {
      for (const { done } of same) done(spark);
    })
    .catch(() => undefined)
    .finally(() => {
      underWay -= 1;
      work();
    });
  work();
}

async function read({ key, question }: Wish): Promise<Spark> {
  const { device, channel, metric } = question;
  const toMs = gatewayNowMs();
  const fromMs = toMs - lengthMs(question);
  const query = { device, channel, metric, from: Math.round(fromMs), points: POINTS };
  const answer = await readSeries(query, new AbortController().signal);
  const series = answer.series.find((each) => each.channel === channel && each.metric === metric);
  const spark = { points: series?.points ?? [], fromMs, toMs };
  kept.delete(key);
  kept.set(key, { spark, readMs: Date.now() });
  const [oldest] = kept.keys();
  if (kept.size > keptMax && oldest !== undefined) kept.delete(oldest);
  return spark;
}
