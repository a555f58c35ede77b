// The built-in decoders by name. A profile can name no other.

import type { BuiltinFactories } from './contract.ts';
import { createLineProtocolDecoder } from './line-protocol.ts';
import { createSenmlDecoder } from './senml.ts';
import { createSparkplugDecoder } from './sparkplug.ts';

export const builtinFactories: BuiltinFactories = new Map([
  ['line-protocol', createLineProtocolDecoder],
  ['senml', createSenmlDecoder],
  ['sparkplug-b', createSparkplugDecoder],
]);
