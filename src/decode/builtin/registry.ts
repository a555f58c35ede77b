// The built-in decoders by name. A profile can name no other.

import type { BuiltinFactories } from './contract.ts';

export const builtinFactories: BuiltinFactories = new Map([]);
