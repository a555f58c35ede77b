// Readings a second of the decoder alone, for one message of each profile, and what matching costs with
// 10 and with 1000 profiles. One process, messages of many devices in turn; by the processor's time, so that
// whatever else the machine does costs less than it would by the clock. A profile without topics is measured
// as what it is for: the telegrams of a port that names it. Fails when a profile makes no reading.
//   npm run bench:decode
import { createDecoder } from '../dist/decode/decoder.js';
import { payloadOf } from '../dist/decode/examples.js';
import { loadProfiles } from '../dist/decode/load-profiles.js';
import { parseProfileOrThrow } from '../dist/decode/parse-profile.js';

const receivedAtUs = 1_704_067_200_000_000;
const devices = 1000;
const roundMs = 400;
const rounds = 5;

const { profiles } = loadProfiles();
const port = 'serial:bench';
let nowUs = receivedAtUs;

/** `payload` is a text or bytes. */
function messagesOf({ source = 'mqtt', topicOf, payload }) {
  const bytes = typeof payload === 'string' ? Buffer.from(payload) : payload;
  return Array.from({ length: devices }, (_, index) => ({
    source,
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
    const started = process.cpuUsage();
    let elapsedMs = 0;
    while (elapsedMs < roundMs) {
      // Time goes on, so that nothing is a repeat of the round before.
      for (const message of messages) {
        nowUs += 10_000_000;
        message.receivedAtUs = nowUs;
        readings += decoder.decode(message).readings.length;
      }
      count += messages.length;
      const { user, system } = process.cpuUsage(started);
      elapsedMs = (user + system) / 1000;
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

/** The example of a profile that has the most readings, from many devices where the topic names one. */
function caseOf({ name, examples, routes }) {
  const [best] = examples.toSorted((a, b) => (b.readings?.length ?? 0) - (a.readings?.length ?? 0));
  const { topic, readings } = best;
  const device = readings[0].device;
  const topicOf = (d) => (topic.includes(device) ? topic.replace(device, d) : topic);
  const source = routes.length === 0 ? port : 'mqtt';
  return { name, source, topicOf, payload: payloadOf(best) };
}

const cases = [
  ...profiles.filter(({ examples }) => examples.length > 0).map(caseOf),
  {
    name: 'flat-json, with ts',
    topicOf: (d) => `sensors/${d}/json`,
    payload: '{"temperature":21.5,"humidity":45.2,"ts":1704067200000}',
  },
  {
    name: 'no profile, flat JSON',
    topicOf: (d) => `plant/${d}`,
    payload: '{"temperature":21.5,"humidity":45.2}',
  },
  { name: 'no profile, number', topicOf: (d) => `plant/${d}/temperature`, payload: '21.5' },
];

console.log('profile                  readings   µs/message   readings/s');
for (const { name, ...sent } of cases) {
  const profileByPort = new Map([[port, name]]);
  const decoder = createDecoder({ profiles, profileByPort });
  const { perMessageUs, perSecond } = measure(decoder, messagesOf(sent));
  const each = (perMessageUs * perSecond) / 1e6;
  const mark = perSecond < 300_000 ? '  below 300,000' : '';
  if (perSecond === 0) {
    console.error(`${name}: no readings`);
    process.exitCode = 1;
  }
  console.log(
    `${name.padEnd(24)} ${each.toFixed(0).padStart(8)} ${perMessageUs.toFixed(2).padStart(12)} ${Math.round(perSecond).toLocaleString('en').padStart(12)}${mark}`,
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
  const messages = messagesOf({ topicOf, payload });
  const missUs = measure(forgetful, messages).perMessageUs;
  const hitUs = measure(known, messages).perMessageUs;
  console.log(
    `${String(count).padStart(8)} ${(missUs - hitUs).toFixed(2).padStart(25)} ${hitUs.toFixed(2).padStart(28)}`,
  );
}
