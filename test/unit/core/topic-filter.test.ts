// Topic filters, one by one and as a tree, against the definition.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isReservedTopic, isTopicFilter, matchesFilter } from '../../../src/core/topic-filter.ts';
import { FilterTree } from '../../../src/sources/mqtt/filter-tree.ts';

const level = fc.constantFrom('', 'a', 'b', '$s');
const topics = fc.array(level, { minLength: 1, maxLength: 4 }).map((levels) => levels.join('/'));
const filters = fc
  .tuple(fc.array(fc.oneof(level, fc.constant('+')), { maxLength: 4 }), fc.boolean())
  .map(([levels, hasRest]) => [...levels, ...(hasRest ? ['#'] : [])].join('/'))
  .filter((filter) => filter.length > 0);

/** The definition again, in the words of a regular expression. */
function matchesByDefinition(filter: string, topic: string): boolean {
  if (topic.startsWith('$') && /^[+#]/.test(filter)) return false;
  const pattern = filter
    .replace(/[$]/g, '\\$&')
    .replace(/\+/g, '[^/]*')
    .replace(/\/#$/, '(/.*)?')
    .replace(/^#$/, '.*');
  return new RegExp(`^${pattern}$`).test(topic);
}

test.each([
  ['a', true],
  ['#', true],
  ['+', true],
  ['a/+/b/#', true],
  ['/', true],
  ['', false],
  ['a#', false],
  ['a/#/b', false],
  ['a+/b', false],
  ['+b', false],
  ['a/b+', false],
])('the filter %j is well formed: %s', (filter, expected) => {
  expect(isTopicFilter(filter)).toBe(expected);
});

test.each([
  ['$SYS', true],
  ['$SYS/uptime', true],
  ['$SYSTEM', false],
  ['a/$SYS', false],
])('%s is reserved: %s', (topic, expected) => {
  expect(isReservedTopic(topic)).toBe(expected);
});

test('a filter matches what the definition says', () => {
  fc.assert(
    fc.property(filters, topics, (filter, topic) => {
      expect(matchesFilter(filter, topic)).toBe(matchesByDefinition(filter, topic));
    }),
    { numRuns: 2000 },
  );
});

describe('the tree of filters', () => {
  test('finds exactly the filters that match, whatever was added and removed', () => {
    const change = fc.record({
      filter: filters,
      subscriber: fc.constantFrom('x', 'y'),
      isAdded: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(change), topics, (changes, topic) => {
        const tree = new FilterTree<string>();
        const model = new Map<string, string>();
        for (const { filter, subscriber, isAdded } of changes) {
          const key = `${subscriber} ${filter}`;
          if (isAdded) {
            tree.set(filter, subscriber, key);
            model.set(key, filter);
          } else {
            tree.delete(filter, subscriber);
            model.delete(key);
          }
        }
        const found: string[] = [];
        tree.match(topic, (_subscriber, key) => found.push(key));
        const expected = [...model].filter(([, filter]) => matchesFilter(filter, topic));
        expect(found.sort()).toEqual(expected.map(([key]) => key).sort());
        expect(tree.size).toBe(model.size);
      }),
      { numRuns: 1000 },
    );
  });

  test('is empty again after everything was removed', () => {
    const tree = new FilterTree<number>();
    tree.set('a/+/#', 'x', 1);
    tree.set('a/b', 'x', 2);
    tree.delete('a/+/#', 'x');
    tree.delete('a/b', 'x');
    tree.delete('a/b', 'x');
    expect(tree.size).toBe(0);
    expect(Object.keys(tree)).toEqual([]);
  });
});
