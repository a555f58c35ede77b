// The makes that the demo simulates, each as its firmware publishes; devices/ has the profiles that
// read them.

import { type Make, type Measurement, messageOf, rounded } from './make.ts';

const dayMs = 86_400_000;

function fahrenheit(celsius: number): number {
  return rounded(celsius * 1.8 + 32, 1);
}

/** Eight hexadecimal digits, another for each number. */
function hexId(number: number): string {
  return (Math.imul(number + 1, 0x9e3779b1) >>> 0).toString(16).padStart(8, '0');
}

/** Friendly names may have blanks, topics made by hand seldom have. */
function withoutBlanks(place: string): string {
  return place.replaceAll(' ', '-');
}

function tasmotaMessage({ device, atMs }: Measurement, celsius: number | null) {
  const time = `${new Date(atMs).toISOString().slice(0, 19)}+00:00`;
  const probe = { Id: '0316A2794B1D', Temperature: celsius };
  return messageOf(`tele/${device}/SENSOR`, { Time: time, DS18B20: probe, TempUnit: 'C' });
}

const tasmota: Make = {
  title: 'Tasmota',
  deviceName: withoutBlanks,
  message: (now) => tasmotaMessage(now, rounded(now.celsius, 1)),
  troubles: [
    // A loose wire: the driver reads all ones and reports -127.
    (now) => tasmotaMessage(now, -127),
    // No clock of its own, and no time server yet: it believes to be years back.
    (now) => tasmotaMessage({ ...now, atMs: now.atMs - 2200 * dayMs }, rounded(now.celsius, 1)),
    (now) => tasmotaMessage(now, null),
    // A driver that prints no number at all.
    ({ device }) =>
      messageOf(`tele/${device}/SENSOR`, '{"DS18B20":{"Temperature":},"TempUnit":"C"}'),
  ],
  keepsUnsent: false,
  presenceTopic: (device) => `tele/${device}/LWT`,
};

function zigbeeMessage(now: Measurement, celsius: number | null) {
  return messageOf(`zigbee2mqtt/${now.device}`, {
    battery: now.batteryPercent,
    humidity: rounded(now.humidityPercent, 2),
    last_seen: new Date(now.atMs).toISOString(),
    linkquality: 60 + (now.number % 90),
    temperature: celsius,
  });
}

const zigbee2mqtt: Make = {
  title: 'Zigbee2MQTT',
  deviceName: (place) => `${place} sensor`,
  message: (now) => zigbeeMessage(now, rounded(now.celsius, 2)),
  troubles: [(now) => zigbeeMessage(now, null)],
  keepsUnsent: false,
};

function esphomeMessage({ device }: Measurement, sensor: string, payload: string) {
  return messageOf(`${device}/sensor/${sensor}/state`, payload);
}

const esphome: Make = {
  title: 'ESPHome',
  deviceName: (place) => `${withoutBlanks(place)}-esp`,
  // Each sensor has a topic; they take turns.
  message: (now) =>
    now.number % 2 === 0
      ? esphomeMessage(now, 'temperature', now.celsius.toFixed(1))
      : esphomeMessage(now, 'humidity', now.humidityPercent.toFixed(1)),
  troubles: [
    (now) => esphomeMessage(now, 'temperature', 'nan'),
    (now) => esphomeMessage(now, 'temperature', 'unavailable'),
  ],
  keepsUnsent: false,
};

function shellyMessage(now: Measurement, temperature: object) {
  return messageOf(`${now.device}/events/rpc`, {
    src: now.device,
    dst: `${now.device}/events`,
    method: 'NotifyStatus',
    params: {
      ts: rounded(now.atMs / 1000, 2),
      'temperature:0': { id: 0, ...temperature },
      'humidity:0': { id: 0, rh: rounded(now.humidityPercent, 1) },
    },
  });
}

const shelly: Make = {
  title: 'Shelly Gen2',
  deviceName: (_place, number) => `shellyplusht-b8d6${hexId(number)}`,
  message: (now) =>
    shellyMessage(now, { tC: rounded(now.celsius, 1), tF: fahrenheit(now.celsius) }),
  troubles: [(now) => shellyMessage(now, { tC: null, tF: null, errors: ['read'] })],
  keepsUnsent: true,
};

function flatMessage(now: Measurement, celsius: number | null, ts: number) {
  return messageOf(`sensors/${now.device}/json`, {
    temperature: celsius,
    humidity: rounded(now.humidityPercent, 1),
    battery: now.batteryPercent,
    ts,
  });
}

const flatJson: Make = {
  title: 'flat JSON',
  deviceName: withoutBlanks,
  message: (now) => flatMessage(now, rounded(now.celsius, 2), now.atMs),
  troubles: [
    (now) => flatMessage(now, rounded(now.celsius, 2), now.atMs - 400 * dayMs),
    (now) => flatMessage(now, null, now.atMs),
    // The battery fails in the middle of a message.
    (now) =>
      messageOf(`sensors/${now.device}/json`, `{"temperature":${now.celsius.toFixed(2)},"hum`),
  ],
  keepsUnsent: true,
};

function plainMessage({ device }: Measurement, payload: string | Uint8Array) {
  return messageOf(`home/${device}/temperature`, payload);
}

const plainNumber: Make = {
  title: 'plain number',
  deviceName: withoutBlanks,
  message: (now) => plainMessage(now, now.celsius.toFixed(1)),
  troubles: [
    (now) => plainMessage(now, '-127.00'),
    (now) => plainMessage(now, 'unavailable'),
    (now) => plainMessage(now, `${now.celsius.toFixed(1)}.1`),
    // Bytes off a line that was not connected.
    (now) => plainMessage(now, Uint8Array.of(0xff, 0x00, 0xfe, now.number % 256)),
  ],
  keepsUnsent: false,
};

export const makes: readonly Make[] = [
  tasmota,
  zigbee2mqtt,
  esphome,
  shelly,
  flatJson,
  plainNumber,
];
