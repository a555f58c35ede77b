// Readings a second of the decoder alone, for one message of each profile, and what matching costs with
// 10 and with 1000 profiles. One core, one process, messages of many devices in turn.
//   npm run bench:decode
import { createDecoder } from '../dist/decode/decoder.js';
import { loadProfiles } from '../dist/decode/load-profiles.js';
import { parseProfileOrThrow } from '../dist/decode/parse-profile.js';

const receivedAtUs = 1_704_067_200_000_000;
const devices = 1000;
const roundMs = 400;
const rounds = 5;

const { profiles } = loadProfiles();

function messagesOf(topicOf, payload) {
  const bytes = typeof payload === 'string' ? Buffer.from(payload) : payload;
  return Array.from({ length: devices }, (_, index) => ({
    source: 'mqtt',
    topic: topicOf(`device${index}`),
    payload: Buffer.from(bytes),
    receivedAtUs,
    isRetained: false,
    isRedelivered: false,
  }));
}

/** The median round. */
function measure(decoder, messages) {
  const results = [];
  for (let round = 0; round <= rounds; round += 1) {
    let count = 0;
    let readings = 0;
    const started = performance.now();
    let elapsedMs = 0;
    while (elapsedMs < roundMs) {
      for (const message of messages) readings += decoder.decode(message).readings.length;
      count += messages.length;
      elapsedMs = performance.now() - started;
    }
    if (round > 0)
      results.push({
        perMessageUs: (elapsedMs * 1000) / count,
        perSecond: (readings * 1000) / elapsedMs,
      });
  }
  results.sort((a, b) => a.perMessageUs - b.perMessageUs);
  return results[Math.floor(rounds / 2)];
}

const cases = [
  ['flat-json, 2 readings', (d) => `sensors/${d}/json`, '{"temperature":21.5,"humidity":45.2}'],
  [
    'flat-json, 2 readings, ts',
    (d) => `sensors/${d}/json`,
    '{"temperature":21.5,"humidity":45.2,"ts":1704067200000}',
  ],
  ['no profile, flat JSON', (d) => `plant/${d}`, '{"temperature":21.5,"humidity":45.2}'],
  ['no profile, number', (d) => `plant/${d}/temperature`, '21.5'],
  ['plain-number', (d) => `home/${d}/temperature`, '21.5'],
  ['esphome', (d) => `${d}/sensor/temperature/state`, '21.5'],
  [
    'tasmota',
    (d) => `tele/${d}/SENSOR`,
    '{"Time":"2024-01-01T00:00:00","BME280":{"Temperature":21.7,"Humidity":66.6,"Pressure":988.6},"PressureUnit":"hPa","TempUnit":"C"}',
  ],
  [
    'zigbee2mqtt',
    (d) => `zigbee2mqtt/${d}`,
    '{"battery":97,"humidity":58.5,"linkquality":72,"power_outage_count":11574,"pressure":1001.8,"temperature":22.4,"voltage":2995}',
  ],
  [
    'shelly-gen2, status',
    (d) => `${d}/status/em1:1`,
    '{"id":1,"current":2.598,"voltage":234.9,"act_power":501.8,"aprt_power":612.4,"pf":0.84,"freq":50,"calibration":"factory"}',
  ],
  [
    'sparkplug-b, 2 by alias',
    (d) => `spBv1.0/plant/NDATA/${d}`,
    Buffer.from('CIDQlf+8MRIQEAEYhNeV/7wxIAllAACyQRIUEAIYhNeV/7wxIAppAAAAAACgRkA=', 'base64'),
    // Inputs/Temperature is alias 1, Inputs/Humidity alias 2.
    (d) => `spBv1.0/plant/NBIRTH/${d}`,
    Buffer.from(
      'CIDQlf+8MRISCgViZFNlcRiA0JX/vDEgBFgAEiEKFE5vZGUgQ29udHJvbC9SZWJpcnRoGIDQlf+8MSALcAASJAoSSW5wdXRzL1RlbXBlcmF0dXJlEAEYgNCV/7wxIAllAACsQRIlCg9JbnB1dHMvSHVtaWRpdHkQAhiA0JX/vDEgCmkAAAAAAKBGQBgA',
      'base64',
    ),
  ],
  [
    'senml, JSON',
    (d) => `${d}/senml`,
    '[{"bn":"urn:dev:ow:10e2073a01080063:","bt":1704067200,"n":"temperature","u":"Cel","v":21.5},{"n":"humidity","u":"%RH","v":45.2}]',
  ],
  [
    'senml, CBOR',
    (d) => `${d}/senml-cbor`,
    Buffer.from(
      'gqUheB11cm46ZGV2Om1hYzowMDI0YmVmZmZlODA0ZmYxOiIaTq6hiABrdGVtcGVyYXR1cmUBY0NlbAL7QDeAAAAAAACjAGhodW1pZGl0eQFjJVJIAhgz',
      'base64',
    ),
  ],
  [
    'line-protocol',
    (d) => `telegraf/${d}`,
    'env,host=server,room=west temp=21.5,hum=45.25 1704067200000000000\nenv,host=other,room=west temp=-3.25,hum=80 1704067200000000000\n',
  ],
  ['bthome', (d) => `bthome/${d}`, Buffer.from('4002ca0903bf13', 'hex')],
];

console.log('profile                      µs/message   readings/s');
for (const [name, topicOf, payload, birthTopicOf, birth] of cases) {
  const decoder = createDecoder({ profiles });
  if (birth !== undefined) {
    for (const message of messagesOf(birthTopicOf, birth)) decoder.decode(message);
  }
  const { perMessageUs, perSecond } = measure(decoder, messagesOf(topicOf, payload));
  console.log(
    `${name.padEnd(28)} ${perMessageUs.toFixed(2).padStart(10)} ${Math.round(perSecond).toLocaleString('en').padStart(12)}`,
  );
}

console.log('\nprofiles   µs to route a new topic   µs/message on known topics');
for (const count of [10, 1000]) {
  const many = Array.from({ length: count }, (_, index) =>
    parseProfileOrThrow(
      `profile: family-${index}\nmatch: [ "maker${index}/{device}/json", "{device...}/kind${index}" ]\nformat: json\nreadings: [ { at: temperature, metric: temperature } ]\n`,
      'bench',
    ),
  );
  const topicOf = (d) => `maker${count >> 1}/${d}/json`;
  const payload = '{"temperature":21.5,"humidity":45.2}';
  // Two remembered routes: every topic of the round is new again when its turn comes.
  const forgetful = createDecoder({ profiles: many, routesMax: 2 });
  const known = createDecoder({ profiles: many });
  const messages = messagesOf(topicOf, payload);
  const missUs = measure(forgetful, messages).perMessageUs;
  const hitUs = measure(known, messages).perMessageUs;
  console.log(
    `${String(count).padStart(8)} ${(missUs - hitUs).toFixed(2).padStart(25)} ${hitUs.toFixed(2).padStart(28)}`,
  );
}
