// The configs that the documents show are right, as they stand there.
import { expect, test } from 'vitest';
import { formatProblem } from '../../../src/config/problem.ts';
import { validate } from '../../../src/config/validate.ts';
import { readYaml } from '../../../src/config/yaml-file.ts';
import { readText } from '../../support/source-tree.ts';

test.each(['README.md', 'docs/configuration.md'])('the configs of %s have no problem', (page) => {
  const blocks = [...readText(page).matchAll(/^```yaml\n(.*?)^```$/gms)].map((block) => block[1]!);
  const configs = blocks.filter((text) => /^(streams|dataDir|mqtt|log|serial):/m.test(text));
  expect(configs.length).toBeGreaterThan(0);
  for (const text of configs) {
    const file = readYaml(page, text);
    const problems = [...file.problems, ...validate(file, []).problems];
    expect(problems.map(formatProblem)).toEqual([]);
  }
});
