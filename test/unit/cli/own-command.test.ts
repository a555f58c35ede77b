// What people are told to type, by how they typed it themselves.
import { expect, test } from 'vitest';
import { ownCommand } from '../../../src/cli/own-command.ts';

test.each([
  ['/home/me/millpond/node_modules/.bin/millpond', 'exec', 'npx millpond'],
  ['/home/me/millpond/dist/main.js', 'start', 'npx millpond'],
  ['/home/me/millpond/dist/main.js', undefined, 'node dist/main.js'],
  ['/opt/millpond/dist/main.js', undefined, 'node ../../../opt/millpond/dist/main.js'],
  ['/usr/local/bin/millpond', undefined, 'millpond'],
])('%s under npm %s is called again as %s', (script, npmCommand, command) => {
  expect(ownCommand({ script, folder: '/home/me/millpond', npmCommand })).toBe(command);
});
