// What seems to talk on a line, by what it says, and how the config would read it.

export interface Talk {
  /** For people. */
  readonly what: string;
  /** What to write into the config; empty where it cannot be told. */
  readonly config: string;
  /** False while another baud rate may make more sense of it. */
  readonly isCertain: boolean;
}

interface Kind {
  readonly what: string;
  readonly config: string;
  readonly pattern: RegExp;
}

/** The first that fits. All are about whole lines, of which there must be one. */
const kinds: readonly Kind[] = [
  {
    what: 'NMEA 0183',
    config: 'framing: nmea, profile: nmea',
    pattern: /^[$!][A-Z]{4,6},[^\r\n]*\*[0-9A-F]{2}\r?$/m,
  },
  {
    what: 'smart meter (P1)',
    config: 'framing: dsmr, profile: dsmr',
    pattern: /^\d-\d{1,3}:\d{1,3}\.\d{1,3}\.\d{1,3}(?:\*\d{1,3})?\(/m,
  },
  { what: 'MySensors', config: 'profile: mysensors', pattern: /^\d{1,3};\d{1,3};[0-4];[01];\d+;/m },
  { what: 'JeeLink', config: 'profile: jeelink', pattern: /^OK 9(?: \d{1,3}){5}\r?$/m },
  { what: 'Vaisala WXT', config: 'profile: vaisala-wxt', pattern: /^.[Rr][1-5],[A-Z][a-z]=/m },
  { what: 'JSON lines', config: 'profile: json-lines', pattern: /^\{.*\}\r?$/m },
  {
    what: 'labels and numbers',
    config: 'profile: arduino',
    pattern: /^.*[A-Za-z]{1,20} ?[:=] ?[-+]?\d+(?:\.\d+)?/m,
  },
  { what: 'plain numbers', config: 'framing: lines', pattern: /^[-+]?\d+(?:\.\d+)?\r?$/m },
];

const PRINTABLE_SHARE = 0.9;
const BYTES_MIN = 4;

export function recognise(bytes: Buffer): Talk {
  if (bytes.length < BYTES_MIN) return { what: 'silent', config: '', isCertain: false };
  const isText = (byte: number) => (byte >= 0x20 && byte < 0x7f) || byte === 0x0a || byte === 0x0d;
  const count = bytes.filter((byte) => isText(byte) || byte === 0x09).length;
  if (count < bytes.length * PRINTABLE_SHARE) {
    return { what: 'bytes, or another baud rate', config: '', isCertain: false };
  }
  const text = bytes.toString('latin1').replace(/\r(?!\n)/g, '\n');
  const found = kinds.find(({ pattern }) => pattern.test(text));
  if (found !== undefined) return { what: found.what, config: found.config, isCertain: true };
  return { what: 'text of no known form', config: 'framing: lines', isCertain: false };
}
