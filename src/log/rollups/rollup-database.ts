// A DuckDB of its own for rolling up and for charts, in memory and within its own limit: what a chart
// takes cannot keep a commit from what it needs. It is made when it is first used.

import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { Lane } from '../lane.ts';

/** As joining half a million rows takes. A chart takes a few megabytes. */
const MEMORY = '96MiB';

interface Open {
  readonly instance: DuckDBInstance;
  readonly charts: DuckDBConnection;
  readonly work: DuckDBConnection;
}

export class RollupDatabase {
  /** Charts one after the other, so that they take one core at most. */
  readonly #charts = new Lane();
  readonly #work = new Lane();
  #open: Promise<Open> | null = null;

  chart<T>(use: (connection: DuckDBConnection) => Promise<T>): Promise<T> {
    return this.#charts.run(async () => use((await this.#opened()).charts));
  }

  work<T>(use: (connection: DuckDBConnection) => Promise<T>): Promise<T> {
    return this.#work.run(async () => use((await this.#opened()).work));
  }

  /** Runs `change` while no chart is read. */
  whileNoChart<T>(change: () => Promise<T>): Promise<T> {
    return this.#charts.whileIdle(change);
  }

  /** Resolves when what is under way has ended. */
  async close(): Promise<void> {
    await Promise.all([this.#charts.close(), this.#work.close()]);
    const open = await this.#open?.catch(() => null);
    open?.charts.closeSync();
    open?.work.closeSync();
    open?.instance.closeSync();
    this.#open = null;
  }

  #opened(): Promise<Open> {
    this.#open ??= openInMemory().catch((error: unknown) => {
      this.#open = null;
      throw error;
    });
    return this.#open;
  }
}

async function openInMemory(): Promise<Open> {
  const instance = await DuckDBInstance.create(':memory:', {
    memory_limit: MEMORY,
    threads: '1',
    temp_directory: '',
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
    enable_external_file_cache: 'false',
  });
  return { instance, charts: await instance.connect(), work: await instance.connect() };
}
