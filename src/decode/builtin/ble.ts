// Advertisements of Bluetooth Low Energy as gateways pass them on: a whole one, or the manufacturer data
// or service data out of it. Most of what is in the air is no sensor: that is left out and counted.
// Core Specification 5.4, Vol 3, Part C, 11; the types are Assigned Numbers, 2.3.

import { atcUuid, decodeAtc } from './atc.ts';
import { bthomeUuid, decodeBthome } from './bthome.ts';
import type { BuiltinContext, BuiltinDecoder, BuiltinSink } from './contract.ts';
import { decodeGovee, goveeCompany } from './govee.ts';
import { decodeRuuvi, ruuviCompany } from './ruuvi.ts';
import { decodeXiaomi, xiaomiUuid } from './xiaomi.ts';

const serviceData16 = 0x16;
const manufacturerData = 0xff;
/** Bytes of the longest advertisement (extended, Bluetooth 5), more than any gateway hands over. */
const advertisementBytesMax = 1650;

type Part = (data: Uint8Array, sink: BuiltinSink) => void;

const byCompany = new Map<number, Part>([
  [ruuviCompany, decodeRuuvi],
  [goveeCompany, decodeGovee],
]);

const byService = new Map<number, Part>([
  [bthomeUuid, decodeBthome],
  [xiaomiUuid, decodeXiaomi],
  [atcUuid, decodeAtc],
]);

/** True when the data was somebody's that is known here. */
function decodeManufacturer(data: Uint8Array, sink: BuiltinSink): boolean {
  if (data.length < 2) return false;
  const part = byCompany.get(data[0]! | (data[1]! << 8));
  if (part === undefined) return false;
  part(data.subarray(2), sink);
  return true;
}

function decodeService(uuid: number, data: Uint8Array, sink: BuiltinSink): boolean {
  const part = byService.get(uuid);
  if (part === undefined) return false;
  part(data, sink);
  return true;
}

function decodeAdvertisement(payload: Uint8Array, sink: BuiltinSink): void {
  if (payload.length > advertisementBytesMax) {
    sink.reject('malformed', `an advertisement of ${payload.length} bytes`);
    return;
  }
  let isKnown = false;
  for (let at = 0; at < payload.length && !sink.isOver; ) {
    const length = payload[at]!;
    // A length of zero ends the significant part (Vol 3, Part C, 11).
    if (length === 0) break;
    const end = at + 1 + length;
    if (end > payload.length) {
      sink.reject('malformed', `an advertisement of ${payload.length} bytes that wants ${end}`);
      return;
    }
    const type = payload[at + 1]!;
    const data = payload.subarray(at + 2, end);
    if (type === manufacturerData) {
      isKnown = decodeManufacturer(data, sink) || isKnown;
    } else if (type === serviceData16 && data.length >= 2) {
      isKnown = decodeService(data[0]! | (data[1]! << 8), data.subarray(2), sink) || isKnown;
    }
    at = end;
  }
  if (!isKnown) sink.drop('no_measurement');
}

const uuid16 = /^(?:0x)?([0-9a-f]{4})$|^0000([0-9a-f]{4})-0000-1000-8000-00805f9b34fb$/i;

/** 16 bits out of `0xfe95`, `FE95` or the long form; null for anything else. */
export function parseUuid16(text: string): number | null {
  const match = text.length <= 36 ? uuid16.exec(text) : null;
  return match === null ? null : Number.parseInt((match[1] ?? match[2])!, 16);
}

/** A whole advertisement: what follows its address on the air. */
export function createAdvertisementDecoder(): BuiltinDecoder {
  return { decode: (payload, _context, sink) => decodeAdvertisement(payload, sink) };
}

/** Manufacturer data, the company's two bytes first. */
export function createManufacturerDataDecoder(): BuiltinDecoder {
  return {
    decode: (payload, _context, sink) => {
      if (!decodeManufacturer(payload, sink)) sink.drop('no_measurement');
    },
  };
}

/** Service data behind its UUID, which is the argument. */
export function createServiceDataDecoder(): BuiltinDecoder {
  return {
    decode: (payload, { argument }: BuiltinContext, sink) => {
      const uuid = parseUuid16(argument);
      if (uuid === null || !decodeService(uuid, payload, sink)) sink.drop('no_measurement');
    },
  };
}
