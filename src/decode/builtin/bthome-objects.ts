// The objects of BTHome v2 by their id, as https://bthome.io/format lists them: how long each is, what
// it measures, in which unit. What is a state or an event and no measurement has no name here.

export interface BthomeObject {
  readonly length: number;
  /** Null: passed over. */
  readonly name: string | null;
  readonly isSigned: boolean;
  /** value = raw × mul / div, in `unit`. */
  readonly mul: number;
  readonly div: number;
  readonly unit: string | undefined;
  /** Tells what is measured apart where the metric's name does not: gas and water are both volumes. */
  readonly channel: string;
}

const objects = new Map<number, BthomeObject>();

interface Rest {
  readonly div?: number;
  readonly mul?: number;
  readonly unit?: string;
  readonly channel?: string;
}

function measures(ids: readonly number[], length: number, name: string, rest: Rest = {}): void {
  const { div = 1, mul = 1, unit, channel = '' } = rest;
  for (const id of ids) {
    objects.set(id, {
      length: Math.abs(length),
      name,
      isSigned: length < 0,
      mul,
      div,
      unit,
      channel,
    });
  }
}

function passes(length: number, ...ids: number[]): void {
  for (const id of ids) {
    objects.set(id, {
      length,
      name: null,
      isSigned: false,
      mul: 1,
      div: 1,
      unit: undefined,
      channel: '',
    });
  }
}

// A negative length is a signed number of so many bytes.
measures([0x01], 1, 'battery');
measures([0x02], -2, 'temperature', { div: 100 });
measures([0x45], -2, 'temperature', { div: 10 });
measures([0x57], -1, 'temperature');
measures([0x58], -1, 'temperature', { mul: 35, div: 100 });
measures([0x03], 2, 'humidity', { div: 100 });
measures([0x2e], 1, 'humidity');
measures([0x04], 3, 'pressure', { div: 100 });
measures([0x05], 3, 'illuminance', { div: 100 });
measures([0x06], 2, 'weight', { div: 100, unit: 'kg' });
measures([0x07], 2, 'weight', { div: 100, unit: 'lb' });
measures([0x08], -2, 'dew_point', { div: 100 });
measures([0x09], 1, 'count');
measures([0x3d], 2, 'count');
measures([0x3e], 4, 'count');
measures([0x59], -1, 'count');
measures([0x5a], -2, 'count');
measures([0x5b], -4, 'count');
measures([0x0a], 3, 'energy', { div: 1000 });
measures([0x4d], 4, 'energy', { div: 1000 });
measures([0x0b], 3, 'power', { div: 100 });
measures([0x5c], -4, 'power', { div: 100 });
measures([0x0c], 2, 'voltage', { div: 1000 });
measures([0x4a], 2, 'voltage', { div: 10 });
measures([0x43], 2, 'current', { div: 1000 });
measures([0x5d], -2, 'current', { div: 1000 });
measures([0x0d], 2, 'pm2_5');
measures([0x0e], 2, 'pm10');
measures([0x12], 2, 'co2');
// In µg/m³, which is no unit of the table's voc (ppb).
measures([0x13], 2, 'voc_concentration');
measures([0x14], 2, 'soil_moisture', { div: 100 });
measures([0x2f], 1, 'soil_moisture');
measures([0x3f], -2, 'rotation', { div: 10 });
measures([0x40], 2, 'distance', { unit: 'mm' });
measures([0x41], 2, 'distance', { div: 10 });
measures([0x42], 3, 'duration', { div: 1000 });
measures([0x44], 2, 'speed', { div: 100 });
measures([0x62], -4, 'speed', { div: 1_000_000 });
measures([0x46], 1, 'uv_index', { div: 10 });
measures([0x47], 2, 'volume', { div: 10, unit: 'L' });
measures([0x48], 2, 'volume', { div: 1000, unit: 'L' });
measures([0x4e], 4, 'volume', { div: 1000, unit: 'L' });
measures([0x4f], 4, 'volume', { div: 1000, unit: 'L', channel: 'water' });
measures([0x55], 4, 'volume', { div: 1000, unit: 'L', channel: 'storage' });
measures([0x4b], 3, 'volume', { div: 1000, unit: 'm3', channel: 'gas' });
measures([0x4c], 4, 'volume', { div: 1000, unit: 'm3', channel: 'gas' });
measures([0x49], 2, 'flow', { div: 1000 });
measures([0x51], 2, 'acceleration', { div: 1000 });
measures([0x63], -4, 'acceleration', { div: 1_000_000 });
measures([0x52], 2, 'gyroscope', { div: 1000 });
measures([0x56], 2, 'conductivity');
measures([0x5e], 2, 'direction', { div: 100 });
measures([0x5f], 2, 'rain', { div: 10 });
measures([0x61], 2, 'rotational_speed');

// The packet's number, states (0x0f to 0x2d), a button, a channel, a level of light without a unit.
passes(1, 0x00, 0x0f, 0x10, 0x11, 0x3a, 0x60, 0x64);
for (let id = 0x15; id <= 0x2d; id += 1) passes(1, id);
// A dimmer, a time stamp, and what the device is: its type and its firmware's version.
passes(2, 0x3c, 0xf0);
passes(4, 0x50, 0xf1);
passes(3, 0xf2);

/** A text and raw bytes say their own length in one byte. */
export const bthomeLengthPrefixed: ReadonlySet<number> = new Set([0x53, 0x54]);

export const bthomeObjects: ReadonlyMap<number, BthomeObject> = objects;
