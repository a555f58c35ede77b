// What is wrong with a port, in words for whoever has to put it right. The bindings give no error codes
// on Linux, only the system's texts.

interface Known {
  readonly pattern: RegExp;
  readonly problem: string;
}

const known: readonly Known[] = [
  {
    pattern: /no such file|ENOENT|no such device|ENXIO|ENODEV/i,
    problem: 'is not there; plug the device in, or see `millpond ports` for its path',
  },
  {
    pattern: /permission denied|EACCES|not permitted|EPERM/i,
    problem: 'may not be read by this user; add it to the group of the port (dialout, as a rule)',
  },
  {
    pattern: /lock|temporarily unavailable|resource busy|EBUSY/i,
    problem: 'is used by another program',
  },
  {
    pattern: /inappropriate ioctl|ENOTTY|not a tty/i,
    problem: 'is no serial port',
  },
  {
    pattern: /bad file descriptor|EBADF|EIO|input\/output error|disconnected/i,
    problem: 'was unplugged',
  },
];

export function describeProblem(thrown: unknown): string {
  const text = thrown instanceof Error ? thrown.message : String(thrown);
  const found = known.find(({ pattern }) => pattern.test(text));
  return found?.problem ?? `cannot be used: ${text.slice(0, 200)}`;
}
