// Debian's Prometheus as a process of its own, on a free port, with what the test tells it to scrape.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Result {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface Rule {
  readonly name: string;
  readonly query: string;
  readonly health: string;
  readonly lastError?: string;
  readonly state: 'inactive' | 'pending' | 'firing';
}

export class PrometheusServer {
  readonly #child: ChildProcess;
  readonly #url: string;

  private constructor(child: ChildProcess, url: string) {
    this.#child = child;
    this.#url = url;
  }

  /** Scrapes and evaluates several times a second. `ruleFiles` are absolute paths. */
  static async start(
    folder: string,
    { target, ruleFiles }: { target: string; ruleFiles: readonly string[] },
  ): Promise<PrometheusServer> {
    const config = join(folder, 'prometheus.yml');
    const scrape = [{ job_name: 'millpond', static_configs: [{ targets: [target] }] }];
    const global = { scrape_interval: '300ms', evaluation_interval: '300ms' };
    // JSON is YAML.
    const text = JSON.stringify({ global, rule_files: ruleFiles, scrape_configs: scrape });
    writeFileSync(config, text);
    const child = spawn(
      'prometheus',
      [
        `--config.file=${config}`,
        `--storage.tsdb.path=${join(folder, 'tsdb')}`,
        '--web.listen-address=127.0.0.1:0',
      ],
      { stdio: ['ignore', 'ignore', 'pipe'] },
    );
    let told = '';
    const address = new Promise<string>((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', () => reject(new Error(`prometheus ended:\n${told}`)));
      child.stderr.on('data', (data) => {
        told = (told + String(data)).slice(-65_536);
        const found = /Listening on" address=(\S+)/.exec(told)?.[1];
        if (found !== undefined) resolve(found);
      });
    });
    return new PrometheusServer(child, `http://${await address}`);
  }

  /** An instant query; throws what Prometheus finds wrong with it. */
  async query(expression: string): Promise<Result[]> {
    const answer = await this.#get<{
      resultType: string;
      result: { metric: Record<string, string>; value: [number, string] }[];
    }>(`/api/v1/query?query=${encodeURIComponent(expression)}`);
    if (answer.resultType !== 'vector') throw new Error(`${answer.resultType}: ${expression}`);
    return answer.result.map(({ metric, value }) => ({ metric, value: Number(value[1]) }));
  }

  async rules(): Promise<Rule[]> {
    const { groups } = await this.#get<{ groups: { rules: Rule[] }[] }>('/api/v1/rules');
    return groups.flatMap(({ rules }) => rules);
  }

  async stop(): Promise<void> {
    const exited = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await exited;
  }

  async #get<T>(path: string): Promise<T> {
    const response = await fetch(this.#url + path);
    const body = (await response.json()) as { status: string; error?: string; data: T };
    if (body.status !== 'success') throw new Error(`${body.error}: ${path}`);
    return body.data;
  }
}
