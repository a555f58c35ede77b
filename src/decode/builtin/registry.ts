// The built-in decoders by name. A profile can name no other.

import {
  createAdvertisementDecoder,
  createManufacturerDataDecoder,
  createServiceDataDecoder,
} from './ble.ts';
import { createBthomeDecoder } from './bthome.ts';
import type { BuiltinFactories } from './contract.ts';
import { createDsmrDecoder } from './dsmr.ts';
import { createLineProtocolDecoder } from './line-protocol.ts';
import { createSenmlDecoder } from './senml.ts';
import { createSparkplugDecoder } from './sparkplug.ts';
import { createW1SlaveDecoder } from './w1-slave.ts';

export const builtinFactories: BuiltinFactories = new Map([
  ['ble-advertisement', createAdvertisementDecoder],
  ['ble-manufacturer-data', createManufacturerDataDecoder],
  ['ble-service-data', createServiceDataDecoder],
  ['bthome', createBthomeDecoder],
  ['dsmr', createDsmrDecoder],
  ['line-protocol', createLineProtocolDecoder],
  ['senml', createSenmlDecoder],
  ['sparkplug-b', createSparkplugDecoder],
  ['w1-slave', createW1SlaveDecoder],
]);
