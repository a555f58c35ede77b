// A headless Chromium on a running gateway's dashboard. It notes whatever a page must never do: errors
// on its console, exceptions, requests to another host.
import { accessSync, constants, mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import { root } from './source-tree.ts';

export interface PageSettings {
  readonly width?: number;
  readonly height?: number;
  readonly theme?: 'light' | 'dark';
}

/** What axe found, a line each: the rule, and where. */
export type AccessProblem = string;

interface AxeResults {
  readonly violations: readonly {
    readonly id: string;
    readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[];
  }[];
}

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const pictures = join(root, 'test-output');

/** Debian's name first. Throws where there is none: .ci/run installs it. */
function findChromium(): string {
  const names = ['chromium', 'chromium-browser', 'google-chrome'];
  const folders = (process.env.PATH ?? '').split(delimiter);
  for (const path of names.flatMap((name) => folders.map((folder) => join(folder, name)))) {
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // Not here.
    }
  }
  throw new Error('The tests of the dashboard need Chromium: apt-get install chromium');
}

export class BrowserRig {
  /** Since the start, or since they were last taken; a page does none of this on its own. */
  readonly problems: string[] = [];
  readonly #browser: Browser;

  private constructor(browser: Browser) {
    this.#browser = browser;
  }

  /** More arguments are Chromium's. */
  static async start(...args: readonly string[]): Promise<BrowserRig> {
    const browser = await chromium.launch({
      executablePath: findChromium(),
      // Chromium does not sandbox as root, and CI's /dev/shm is small.
      args: ['--no-sandbox', '--disable-dev-shm-usage', ...args],
    });
    return new BrowserRig(browser);
  }

  /** Between tests. */
  async closePages(): Promise<void> {
    await Promise.all(this.#browser.contexts().map((context) => context.close()));
  }

  close(): Promise<void> {
    return this.#browser.close();
  }

  /** `address` is host:port of the gateway's HTTP, `route` as in `#/devices`. */
  async open(address: string, route = '#/', settings: PageSettings = {}): Promise<Page> {
    const { width = 1280, height = 860, theme = 'light' } = settings;
    const context = await this.#browser.newContext({
      viewport: { width, height },
      colorScheme: theme,
      locale: 'en-GB',
      timezoneId: 'UTC',
    });
    const page = await context.newPage();
    page.setDefaultTimeout(20_000);
    page.on('pageerror', (error) => this.problems.push(`exception: ${error.message}`));
    page.on('console', (message) => {
      if (message.type() === 'error') this.problems.push(`console: ${message.text()}`);
    });
    page.on('request', (request) => {
      const { host, protocol } = new URL(request.url());
      if (host !== address && protocol !== 'data:' && protocol !== 'blob:') {
        this.problems.push(`request to another host: ${request.url()}`);
      }
    });
    await page.goto(`http://${address}/${route}`);
    return page;
  }

  /** Into the git-ignored folder test-output/. */
  async picture(page: Page, name: string): Promise<void> {
    mkdirSync(pictures, { recursive: true });
    await page.screenshot({ path: join(pictures, `${name}.png`), fullPage: true });
  }
}

/** All of axe's rules, WCAG AA and good practice; an empty list is what a page should give. */
export async function accessProblems(page: Page): Promise<AccessProblem[]> {
  await page.evaluate(axe);
  const { violations } = (await page.evaluate('axe.run(document)')) as AxeResults;
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html}\n${failureSummary}`),
  );
}

/** The page is wider than its screen. */
export function isTooWide(page: Page): Promise<boolean> {
  return page.evaluate('document.documentElement.scrollWidth > innerWidth') as Promise<boolean>;
}
