// CBOR as SenML needs it: an array of maps of plain values. cborg refuses tags and texts of indefinite
// length; its tokens are counted here, so that 64 KiB of the smallest items cost no more than real ones.

import { decode, Tokenizer } from 'cborg';
import type { Parsed } from '../payload-format.ts';

const tokensMax = 16_384;
const containersMax = 2048;

class TooMany extends Error {}

class CountingTokenizer extends Tokenizer {
  #tokens = 0;
  #containers = 0;

  override next(): ReturnType<Tokenizer['next']> {
    const token = super.next();
    this.#tokens += 1;
    // Arrays and maps end no branch of the tree; each may hold the next, so their number bounds the depth.
    if (!token.type.terminal) this.#containers += 1;
    if (this.#tokens > tokensMax || this.#containers > containersMax) throw new TooMany();
    return token;
  }
}

const options = {
  useMaps: true,
  rejectDuplicateMapKeys: true,
  allowBigInt: true,
  allowIndefinite: true,
  allowUndefined: true,
} as const;

export function parseCbor(payload: Uint8Array): Parsed {
  try {
    const tokenizer = new CountingTokenizer(payload, options);
    return { document: decode(payload, { ...options, tokenizer }) as unknown };
  } catch (thrown) {
    if (thrown instanceof TooMany) {
      return {
        fault: 'too_many_readings',
        detail: `more than ${tokensMax} items of CBOR, or ${containersMax} maps`,
      };
    }
    if (thrown instanceof RangeError) return { fault: 'too_deep', detail: 'nested too deep' };
    return { fault: 'malformed', detail: 'not whole and plain CBOR' };
  }
}
