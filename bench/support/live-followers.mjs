// Browsers in one process that does as little as it can: each a connection of its own to /api/v1/live,
// of whose text the ids are held against what is due.
//
// node live-followers.mjs --http 127.0.0.1:8080 --followers 100 --readings 1300 [--apart]
import { get } from 'node:http';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    http: { type: 'string' },
    followers: { type: 'string' },
    readings: { type: 'string' },
    /** Each with another filter that lets all through: the gateway has to encode for each. */
    apart: { type: 'boolean', default: false },
  },
});
const followers = Number(values.followers);
const readings = Number(values.readings);

function follow(number) {
  const query = values.apart ? `?device=*&device=none-${number}` : '';
  return new Promise((resolve, reject) => {
    let rest = '';
    let next = 0;
    get(`http://${values.http}/api/v1/live${query}`, { agent: false }, (response) => {
      if (response.statusCode !== 200) reject(new Error(`status ${response.statusCode}`));
      let isDone = () => undefined;
      const done = new Promise((all) => {
        isDone = all;
      });
      response.setEncoding('latin1');
      response.on('data', (text) => {
        const whole = rest + text;
        const end = whole.lastIndexOf('\n\n');
        rest = whole.slice(end + 2);
        for (const [, id] of whole.slice(0, end + 1).matchAll(/^id: (\d+)\ndata/gm)) {
          if (Number(id) !== next) throw new Error(`offset ${id} where ${next} was due`);
          next += 1;
        }
        if (next === readings) isDone();
      });
      resolve({ done });
    }).on('error', reject);
  });
}

const following = await Promise.all(Array.from({ length: followers }, (_, n) => follow(n)));
process.stdout.write('{"following":true}\n');
await Promise.all(following.map(({ done }) => done));
process.stdout.write('{"done":true}\n');
