// Globs against a model: the same pattern as a regular expression.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  exactGlob,
  exactName,
  globExpression,
  globLengthMax,
  matchesGlob,
} from '../../../src/core/glob.ts';
import { judgeName, nameLengthMax } from '../../../src/core/name.ts';

// Few letters, so that names and patterns meet; short, so that the model does not backtrack for long.
const letter = fc.constantFrom('a', 'b', '.', '/', '\n', '*', '?', '\\', '😀');
const anyName = fc.string({ unit: letter, maxLength: 12 });
const anyGlob = fc.string({
  unit: fc.constantFrom('a', '.', '*', '*', '?', '\\', '😀'),
  maxLength: 8,
});

/** A part of a glob, and what it means as a regular expression. */
const part = fc.oneof(
  fc.constantFrom({ glob: '*', source: '[^]*' }, { glob: '?', source: '[^]' }),
  letter.map((text) => ({
    glob: '*?\\'.includes(text) ? `\\${text}` : text,
    source: text.replace(/[.*?\\/]/, '\\$&'),
  })),
);

test('matches what the same parts as a regular expression match', () => {
  fc.assert(
    fc.property(fc.array(part, { maxLength: 8 }), anyName, (parts, name) => {
      const glob = parts.map((each) => each.glob).join('');
      const model = new RegExp(`^${parts.map(({ source }) => source).join('')}$`, 'u');
      expect(matchesGlob(glob, name)).toBe(model.test(name));
    }),
    { numRuns: 5000 },
  );
});

test('means the same as its regular expression, whatever it is made of', () => {
  fc.assert(
    fc.property(anyGlob, anyName, (glob, name) => {
      const expression = new RegExp(`^(?:${globExpression(glob)})$`, 'su');
      expect(matchesGlob(glob, name)).toBe(expression.test(name));
    }),
    { numRuns: 5000 },
  );
});

test('the exact glob of a name fits that name alone, and the name can be had back', () => {
  fc.assert(
    fc.property(anyName, anyName, (name, other) => {
      expect(matchesGlob(exactGlob(name), name)).toBe(true);
      expect(matchesGlob(exactGlob(name), other)).toBe(name === other);
      expect(exactName(exactGlob(name))).toBe(name);
    }),
    { numRuns: 5000 },
  );
});

test('a glob has an exact name where it fits that and nothing else', () => {
  fc.assert(
    fc.property(anyGlob, anyName, (glob, name) => {
      const exact = exactName(glob);
      if (exact === null) expect(glob).toMatch(/[*?]/);
      else expect(matchesGlob(glob, name)).toBe(name === exact);
    }),
    { numRuns: 5000 },
  );
  expect(exactName('attic')).toBe('attic');
  expect(exactName('att*')).toBeNull();
});

test('the longest name can be asked for alone', () => {
  const name = '*'.repeat(nameLengthMax);
  expect(judgeName(name)).toBeNull();
  expect(exactGlob(name).length).toBeLessThanOrEqual(globLengthMax);
});

test('a name matches the globs that are made of it', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.nat(), (name, cut) => {
      const characters = [...name];
      const at = cut % (characters.length + 1);
      const globOf = (some: readonly string[]): string => exactGlob(some.join(''));
      expect(matchesGlob(`${globOf(characters.slice(0, at))}*`, name)).toBe(true);
      expect(matchesGlob(`*${globOf(characters.slice(at))}`, name)).toBe(true);
      expect(matchesGlob('?'.repeat(characters.length), name)).toBe(true);
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
  // A backslash is itself but before a sign that means something.
  ['plant\\hall', 'plant\\hall', true],
  ['plant\\', 'plant\\', true],
  ['\\a', 'a', false],
  ['a\\*', 'a*', true],
  ['a\\*', 'a\\b', false],
  ['a\\\\*', 'a\\b', true],
  ['a\\?', 'ab', false],
  ['*\\*', 'ab*', true],
  ['?', '😀', true],
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
