// What is wrong with a profile, each problem with its place in the document, collected in one go.

import { NotationError } from './segment-pattern.ts';

export type DocumentPath = readonly (string | number)[];

export interface Problem {
  readonly path: DocumentPath;
  readonly message: string;
}

/** Collects the problems of one profile; `at` gives NotationErrors their place. */
export class Problems {
  readonly list: Problem[] = [];

  add(path: DocumentPath, message: string): void {
    const isKnown = this.list.some(
      (known) => known.message === message && known.path.join() === path.join(),
    );
    if (!isKnown) this.list.push({ path, message });
  }

  at<T>(path: DocumentPath, parse: () => T): T | undefined {
    try {
      return parse();
    } catch (thrown) {
      if (!(thrown instanceof NotationError)) throw thrown;
      this.add(path, thrown.message);
      return undefined;
    }
  }
}
