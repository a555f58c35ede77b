// Topic patterns: MQTT's rules, captures, who wins, and a search whose cost does not grow with profiles.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { RouteCache } from '../../../src/decode/route-cache.ts';
import { TopicIndex } from '../../../src/decode/topic-index.ts';
import { matchTopic, parseTopicPattern } from '../../../src/decode/topic-pattern.ts';

function match(pattern: string, topic: string): readonly string[] | null {
  return matchTopic(parseTopicPattern(pattern), topic.split('/'));
}

test.each([
  ['tele/{device}/SENSOR', 'tele/a/SENSOR', ['a']],
  ['tele/{device}/SENSOR', 'tele/a/b/SENSOR', null],
  ['{device...}/events/rpc', 'home/a/events/rpc', ['home/a']],
  ['{device...}/events/rpc', 'events/rpc', null],
  ['a/{rest...}', 'a/b/c', ['b/c']],
  ['a/#', 'a', []],
  ['a/#', 'a/b/c', []],
  ['a/+', 'a/b', []],
  ['a/+', 'a/', []],
  ['a/{device}', 'a/', ['']],
  ['#', '$SYS/broker/load', null],
  ['+/broker/load', '$SYS/broker/load', null],
  ['$SYS/#', '$SYS/broker/load', []],
  ['/a/{device}', '/a/b', ['b']],
  ['a/{device}', '/a/b', null],
  ['{d}/status/{kind}:{id}', 'x/status/em1:0', ['x', 'em1', '0']],
  ['{d}/status/{kind}:{id}', 'x/status/sys', null],
  ['home/{d}/{m:temperature|humidity}', 'home/x/humidity', ['x', 'humidity']],
  ['home/{d}/{m:temperature|humidity}', 'home/x/humid', null],
  ['__proto__/{d}', '__proto__/x', ['x']],
] as const)('%s on %s', (pattern, topic, captures) => {
  expect(match(pattern, topic)).toEqual(captures);
});

describe('of several that match', () => {
  function winner(topic: string, ...patterns: (string | [string, number])[]): string | undefined {
    const index = new TopicIndex<string>();
    for (const entry of patterns) {
      const [source, priority] = typeof entry === 'string' ? [entry, 0] : entry;
      index.add({ pattern: parseTopicPattern(source), priority, target: source });
    }
    return index.find(topic)?.target;
  }

  test('the one with more literal levels wins, then fewer wildcards for many levels', () => {
    expect(winner('a/b/c', '#', 'a/#', 'a/+/c', 'a/b/{x}', 'a/b/c')).toBe('a/b/c');
    expect(winner('a/b/c', '#', '+/+/+', '{x...}/c')).toBe('{x...}/c');
    expect(winner('a/b/c', '#', 'a/{x}/{y}', 'a/{x...}')).toBe('a/{x}/{y}');
    expect(winner('z/bridge/x', 'z/{d...}', 'z/bridge/#')).toBe('z/bridge/#');
    expect(winner('a/b', '+/{x}', '+/{x:b|c}')).toBe('+/{x:b|c}');
  });

  test('priority goes before, and the first given where all is equal', () => {
    expect(winner('a/b', 'a/b', ['a/+', 1])).toBe('a/+');
    expect(winner('a/b', '+/{x}', '+/{y}')).toBe('+/{x}');
  });
});

test('the index finds what a look at every pattern finds', () => {
  const level: fc.Arbitrary<string> = fc.constantFrom('a', 'b', 'c', '+', 'a{x}', '{y:a|b}');
  const patterns = fc.array(
    fc
      .tuple(
        fc.array(level, { minLength: 1, maxLength: 4 }),
        fc.constantFrom('', '#', '{m...}'),
        fc.nat({ max: 4 }),
      )
      .map(([levels, many, at]) => {
        if (many === '') return levels.join('/');
        if (many === '#') return [...levels, '#'].join('/');
        return levels.toSpliced(at % (levels.length + 1), 0, many).join('/');
      }),
    { minLength: 1, maxLength: 12 },
  );
  const topics = fc.array(fc.constantFrom('a', 'b', 'ab', 'c', ''), { minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(patterns, topics, (sources, levels) => {
      const index = new TopicIndex<string>();
      const parsed = sources.flatMap((source) => {
        try {
          return [parseTopicPattern(source)];
        } catch {
          return [];
        }
      });
      for (const pattern of parsed) index.add({ pattern, priority: 0, target: pattern.source });
      const matching = parsed.filter((pattern) => matchTopic(pattern, levels) !== null);
      const most = Math.max(...matching.map(({ specificity }) => specificity));
      const found = index.find(levels.join('/'));
      expect(found === null).toBe(matching.length === 0);
      if (found === null) return;
      const winner = parsed.find(({ source }) => source === found.target)!;
      expect(winner.specificity).toBe(most);
      expect(found.captures).toEqual(matchTopic(winner, levels));
    }),
    { numRuns: 3000 },
  );
});

test('a thousand profiles are searched as fast as ten', () => {
  const visitsWith = (count: number) => {
    const index = new TopicIndex<number>();
    for (let maker = 0; maker < count; maker += 1) {
      index.add({
        pattern: parseTopicPattern(`maker${maker}/{device}/json`),
        priority: 0,
        target: maker,
      });
      index.add({
        pattern: parseTopicPattern(`{device...}/kind${maker}`),
        priority: 0,
        target: maker,
      });
    }
    expect(index.find('maker7/x/json')?.target).toBe(7);
    return index.visits;
  };
  expect(visitsWith(1000)).toBe(visitsWith(10));
});

test('a topic of many levels is not searched at all', () => {
  const index = new TopicIndex<number>();
  index.add({ pattern: parseTopicPattern('#'), priority: 0, target: 1 });
  expect(index.find('a/'.repeat(31))?.target).toBe(1);
  expect(index.find('a/'.repeat(500))).toBeNull();
});

test('the cache keeps to its count and its bytes, and keeps what is asked for', () => {
  const cache = new RouteCache<number>({ routesMax: 100, routeBytesMax: 10_000 });
  for (let topic = 0; topic < 10_000; topic += 1) {
    cache.set(`topic${topic}`, topic);
    expect(cache.get('topic0')).toBe(0);
    expect(cache.size).toBeLessThanOrEqual(102);
  }
  for (let topic = 0; topic < 100; topic += 1) cache.set(`${'x'.repeat(1000)}${topic}`, topic);
  expect(cache.size).toBeLessThanOrEqual(6);
});
