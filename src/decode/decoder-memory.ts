// What a decoder remembers from one message to the next: the state of built-in decoders, the units told in
// topics of their own and what radio bridges may say again. It outlives the profiles, which can be loaded anew; each part bounds itself.

import { BuiltinSet } from './builtin-set.ts';
import { DuplicateFilter } from './duplicates.ts';
import { ToldUnits } from './told-units.ts';

export class DecoderMemory {
  readonly builtins: BuiltinSet = new BuiltinSet();
  readonly units: ToldUnits = new ToldUnits();
  readonly duplicates: DuplicateFilter = new DuplicateFilter();
}
