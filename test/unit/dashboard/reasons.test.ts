// The dashboard has words for every reason that the gateway may give.
import { expect, test } from 'vitest';
import {
  deadLetterReasons as lettersWithWords,
  lossText,
  plain,
} from '../../../dashboards/web/src/format/reasons.ts';
import { deadLetterReasons } from '../../../src/core/contracts.ts';
import { lossReasons } from '../../../src/core/loss-reason.ts';

test('every reason of a dead letter and of a loss is told in words', () => {
  expect([...lettersWithWords].sort()).toEqual([...deadLetterReasons].sort());
  expect(lossReasons.filter((reason) => lossText(reason) === plain(reason))).toEqual([]);
});

test('a reason that is not known yet is shown as it is', () => {
  expect(lossText('eaten_by_a_fish')).toBe('eaten by a fish');
});
