// Buffer methods that Node.js documents for its own streams' use and @types/node leaves out:
// toString() without its argument checks, which count when it is called for every message.

interface Buffer {
  utf8Slice(start?: number, end?: number): string;
  latin1Slice(start?: number, end?: number): string;
}
