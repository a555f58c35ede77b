// The built-in decoders of one thread, with what they remember: each made when it is first needed.

import type { BuiltinDecoder, BuiltinFactories } from './builtin/contract.ts';
import { builtinFactories } from './builtin/registry.ts';

export class BuiltinSet {
  readonly #factories: BuiltinFactories;
  readonly #instances = new Map<string, BuiltinDecoder>();

  constructor(factories: BuiltinFactories = builtinFactories) {
    this.#factories = factories;
  }

  get(name: string): BuiltinDecoder {
    let instance = this.#instances.get(name);
    if (instance === undefined) {
      instance = this.#factories.get(name)!();
      this.#instances.set(name, instance);
    }
    return instance;
  }
}
