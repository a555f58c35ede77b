// `status --watch`: asks again and again, and shows the answers as a live page on a terminal, else as
// a block or a line of JSON for each. A gateway that goes away is waited for.

import { setTimeout as sleep } from 'node:timers/promises';
import { asMillpondError } from '../../core/errors.ts';
import { isoTime } from '../../core/iso-time.ts';
import { asciiControls } from '../../core/json-line.ts';
import type { GetStatusResponse } from '../../generated/millpond/v1/admin_service.ts';
import { GatewayClient } from '../client.ts';
import { reportFaultsTo } from '../faults.ts';
import { printError } from '../print-error.ts';
import { print } from '../standard-output.ts';
import { stopSignal } from '../stop-signal.ts';
import { LiveScreen } from '../terminal/live-screen.ts';
import { lookOf, plainLook } from '../terminal/look.ts';
import { StatusHistory } from './status-history.ts';
import { statusJson } from './status-json.ts';
import { type WatchedStatus, watchBlock, watchPage } from './watch-page.ts';

export interface WatchOptions {
  readonly address: string;
  readonly intervalMs: number;
  readonly isJson: boolean;
}

/** Names on the page; `millpond devices --stale` has all. */
const STALE_SHOWN = 8;
/** How often the page counts on while no answer comes. */
const TICK_MS = 1000;

/** Resolves when it is stopped. */
export async function watchStatus(options: WatchOptions): Promise<void> {
  const controller = new AbortController();
  const stop = (): void => controller.abort();
  stopSignal().addEventListener('abort', stop);
  const { signal } = controller;
  const isLive = process.stdout.isTTY === true && !options.isJson;
  const shown = isLive ? livePage(stop) : printed(options, signal);
  try {
    await askAgainAndAgain(options, signal, shown.show);
  } finally {
    shown.close();
  }
}

interface Shown {
  show(watched: WatchedStatus): Promise<void>;
  close(): void;
}

function printed({ isJson }: WatchOptions, signal: AbortSignal): Shown {
  return {
    async show(watched) {
      const { status, away } = watched;
      if (!isJson) {
        const lines = watchBlock(watched, Date.now(), plainLook);
        await print(`${lines.join('\n')}\n`, signal);
      } else if (away !== null || status === null) {
        const problem = away?.message ?? null;
        const now = isoTime(BigInt(Date.now()) * 1000n);
        await print(`${asciiControls({ ready: false, problem, now })}\n`, signal);
      } else {
        await print(`${statusJson(status)}\n`, signal);
      }
    },
    close: () => undefined,
  };
}

function livePage(stop: () => void): Shown {
  const look = lookOf(process.stdout);
  let watched: WatchedStatus | null = null;
  const draw = (): void => {
    if (watched === null) return;
    screen.draw(watchPage(watched, { rows: screen.rows, nowMs: Date.now(), look }));
  };
  const screen = new LiveScreen(process.stdout, process.stdin, {
    resized: draw,
    pressed(keys) {
      if (/[qQ\u0003\u0004]/.test(keys)) stop();
      if (keys.includes('\u001a')) screen.suspend();
    },
  });
  screen.open();
  // On the second screen nobody would see what a fault has to say.
  reportFaultsTo(
    (fault) => {
      screen.close();
      return printError(fault);
    },
    () => Promise.resolve(),
  );
  const ticking = setInterval(draw, TICK_MS);
  return {
    async show(next) {
      watched = next;
      draw();
    },
    close() {
      clearInterval(ticking);
      screen.close();
    },
  };
}

async function askAgainAndAgain(
  { address, intervalMs }: WatchOptions,
  signal: AbortSignal,
  show: Shown['show'],
): Promise<void> {
  const history = new StatusHistory();
  let watched: WatchedStatus = { address, status: null, history, staleDevices: [], away: null };
  let client: GatewayClient | null = null;
  try {
    for (let dueMs = performance.now(); !signal.aborted; ) {
      try {
        client ??= new GatewayClient(address);
        const status = await client.status(signal);
        history.add(status);
        const staleDevices = await staleNames(client, status);
        watched = { ...watched, status, staleDevices, away: null };
      } catch (thrown) {
        if (signal.aborted) return;
        client?.close();
        client = null;
        history.addNothing();
        const { message } = asMillpondError(thrown);
        watched = { ...watched, away: { sinceMs: watched.away?.sinceMs ?? Date.now(), message } };
      }
      await show(watched);
      // What took longer than an interval is not made up for.
      dueMs = Math.max(dueMs + intervalMs, performance.now());
      await sleep(dueMs - performance.now(), undefined, { signal }).catch(() => undefined);
    }
  } finally {
    client?.close();
  }
}

async function staleNames(client: GatewayClient, status: GetStatusResponse): Promise<string[]> {
  const names: string[] = [];
  if (status.staleDevices === 0n) return names;
  for await (const { device } of client.devices('', true, STALE_SHOWN)) {
    names.push(device);
    if (names.length === STALE_SHOWN) break;
  }
  return names;
}
