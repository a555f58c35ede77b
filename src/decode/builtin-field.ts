// A field of a payload that holds the bytes of another protocol: the hex digits of a BLE advertisement
// in the JSON of a gateway. The built-in decoder that the profile names reads them.

import type { BuiltinCall } from './builtin-call.ts';
import { runBuiltin } from './builtin-call.ts';
import type { ByteEncoding } from './bytes-text.ts';
import { decodeBytes } from './bytes-text.ts';
import type { Emission } from './emission.ts';
import type { Field, FieldBasis } from './field.ts';
import { appliesTo, applyTime, findDevice, typeName } from './field.ts';

export class BuiltinField implements Field {
  readonly #basis: FieldBasis;
  readonly #call: BuiltinCall;
  readonly #encoding: ByteEncoding;

  constructor(basis: FieldBasis, call: BuiltinCall, encoding: ByteEncoding) {
    this.#basis = basis;
    this.#call = call;
    this.#encoding = encoding;
  }

  emit(value: unknown, emission: Emission): void {
    if (!emission.visit() || !appliesTo(this.#basis, value, emission)) return;
    if (value === null || value === '') {
      emission.drop('null_value');
      return;
    }
    if (typeof value !== 'string') {
      emission.reject('wrong_type', `${typeName(value)} where ${this.#encoding} digits should be`);
      return;
    }
    const bytes = decodeBytes(value, this.#encoding);
    if (bytes === null) {
      emission.reject('wrong_type', `a text that is not ${this.#encoding}`);
      return;
    }
    const device = findDevice(this.#basis, emission);
    if (device === null) return;
    if (this.#basis.time !== null) applyTime(this.#basis.time, emission);
    const { depth } = emission;
    const outer = { device: emission.device, container: emission.containers[0] };
    emission.device = device;
    runBuiltin(this.#call, bytes, emission);
    emission.depth = depth;
    emission.device = outer.device;
    emission.containers[0] = outer.container;
  }
}
