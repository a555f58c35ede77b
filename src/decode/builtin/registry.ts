// The built-in decoders by name. A profile can name no other.

import {
  createAdvertisementDecoder,
  createManufacturerDataDecoder,
  createServiceDataDecoder,
} from './ble.ts';
import { createBthomeDecoder } from './bthome.ts';
import type { BuiltinFactories } from './contract.ts';
import { createLineProtocolDecoder } from './line-protocol.ts';
import { createSenmlDecoder } from './senml.ts';
import { createSparkplugDecoder } from './sparkplug.ts';

export const builtinFactories: BuiltinFactories = new Map([
  ['ble-advertisement', createAdvertisementDecoder],
  ['ble-manufacturer-data', createManufacturerDataDecoder],
  ['ble-service-data', createServiceDataDecoder],
  ['bthome', createBthomeDecoder],
  ['line-protocol', createLineProtocolDecoder],
  ['senml', createSenmlDecoder],
  ['sparkplug-b', createSparkplugDecoder],
]);
