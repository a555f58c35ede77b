// The options of the HTTP server: where it listens, whom it answers.

import { z } from 'zod';
import { address, count, duration, texts } from './option.ts';

export const http = z.strictObject({
  listen: address(
    '127.0.0.1:8080',
    'Where the dashboard, the REST interface, metrics and health are served. Port 0 takes a free one.',
  ),
  connectionsMax: count({
    unit: 'connections',
    byDefault: 1000,
    min: 1,
    max: 100_000,
    why: 'Connections open at one time; one more is closed at once. Each holds buffers and a file descriptor, and a browser keeps several open.',
  }),
  requestsMax: count({
    unit: 'requests',
    byDefault: 8,
    min: 1,
    max: 1000,
    why: 'Requests of the REST interface worked on at one time, sending included; others wait their turn. Each may hold 2 MiB, and a client that reads slowly holds its turn for up to a minute, one that reads nothing for ten seconds. The status, health, metrics and the dashboard itself never wait.',
  }),
  waitingMax: count({
    unit: 'requests',
    byDefault: 200,
    min: 0,
    max: 10_000,
    why: 'Requests that wait for their turn, for at most 10 s; one more is refused with REST_BUSY.',
  }),
  followersMax: count({
    unit: 'followers',
    byDefault: 200,
    min: 1,
    max: 100_000,
    why: 'Followers of /api/v1/live at one time; one more is refused with LIVE_LIMIT. All of them together cost about as much as one, up to the writing.',
  }),
  followerTimeout: duration({
    byDefault: '10s',
    min: '10ms',
    max: '1h',
    why: 'A follower of /api/v1/live that does not take what it is sent for so long is cut off. It comes back by itself, and goes on where it was.',
  }),
  hosts: texts({
    isAllowed: (name) => /^[a-z0-9_-]+(\.[a-z0-9_-]+)*$/i.test(name),
    countMax: 100,
    range: 'a list of host names',
    expected: 'host names, as [gateway.example.org]',
    why: "Names by which browsers may ask for the gateway, beside addresses, localhost and the machine's own name. Any other is refused: the page of a stranger who gives his own name this address could read along.",
  }),
});
