// The commands as --help shows them.
import { expect, test } from 'vitest';
import { exitCodes } from '../../../src/cli/exit-codes.ts';
import { createProgram } from '../../../src/cli/program.ts';

function helpOf(args: readonly string[]): string {
  let text = '';
  const program = createProgram('1.2.3');
  for (const command of [program, ...program.commands]) {
    command.configureOutput({
      writeOut: (part) => {
        text += part;
      },
    });
  }
  expect(() => program.parse(args, { from: 'user' })).toThrow();
  return text;
}

test('--help names every command, with examples and every exit code', () => {
  const help = helpOf(['--help']);
  const program = createProgram('1.2.3');
  for (const command of program.commands) expect(help).toContain(`  ${command.name()} `);
  for (const { code, meaning } of Object.values(exitCodes)) {
    expect(help).toMatch(new RegExp(`^ {2}${code} +${meaning}$`, 'm'));
  }
  expect(help).toContain('Examples:');
});

test('every command has a description and help of its own', () => {
  for (const command of createProgram('1.2.3').commands) {
    expect(command.description()).not.toBe('');
    expect(helpOf([command.name(), '--help'])).toContain(`Usage: millpond ${command.name()}`);
  }
});

test('--version prints the version', () => {
  expect(helpOf(['--version'])).toBe('1.2.3\n');
});
