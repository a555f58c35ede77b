// Globs against a model: the same pattern as a regular expression.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { matchesGlob } from '../../../src/core/glob.ts';

function asRegex(pattern: string): RegExp {
  const parts = Array.from({ length: pattern.length }, (_, i) => {
    const character = pattern[i] as string;
    if (character === '*') return '[^]*';
    if (character === '?') return '[^]';
    return character.replace(/[.*+?^${}()|[\]\\/]/, '\\$&');
  });
  return new RegExp(`^${parts.join('')}$`);
}

test('matches what the same pattern as a regular expression matches', () => {
  // Few letters, so that names and patterns meet; short, so that the model does not backtrack for long.
  const name = fc.string({ unit: fc.constantFrom('a', 'b', '.', '/', '\n'), maxLength: 12 });
  const pattern = fc.string({ unit: fc.constantFrom('a', 'b', '.', '*', '?'), maxLength: 8 });
  fc.assert(
    fc.property(pattern, name, (glob, text) => {
      expect(matchesGlob(glob, text)).toBe(asRegex(glob).test(text));
    }),
    { numRuns: 5000 },
  );
});

test('a name matches the globs that are made of it', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.nat(), (name, cut) => {
      const at = cut % (name.length + 1);
      expect(matchesGlob(`${name.slice(0, at)}*`, name)).toBe(true);
      expect(matchesGlob(`*${name.slice(at)}`, name)).toBe(true);
      expect(matchesGlob('?'.repeat(name.length), name)).toBe(true);
    }),
  );
});

test.each([
  ['', '', true],
  ['', 'a', false],
  ['*', '', true],
  ['?', '', false],
  ['kitchen*', 'kitchen/1', true],
  ['kitchen*', 'Kitchen/1', false],
  ['a.c', 'abc', false],
  ['*-*-*', 'a-b', false],
])('%j matches %j: %j', (glob, name, isMatch) => {
  expect(matchesGlob(glob, name)).toBe(isMatch);
});

test('no pattern is slow: one that makes a backtracking matcher explode reads few characters', () => {
  let reads = 0;
  const counting = (text: string): string =>
    new Proxy(Object(text) as object, {
      get: (target, key) => {
        if (typeof key === 'string' && /^\d+$/.test(key)) reads += 1;
        return Reflect.get(target, key) as unknown;
      },
    }) as unknown as string;
  const name = 'a'.repeat(256);
  expect(matchesGlob(counting(`${'*a'.repeat(64)}*b`), counting(name))).toBe(false);
  // At most a comparison for each pair of a pattern's and a name's character, a few reads each.
  expect(reads).toBeLessThan(4 * 256 * 130);
});
