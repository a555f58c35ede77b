// Every message that crosses between the gateway and a process that runs queries. One query at a
// time; what comes late and is of another one is not looked at.

import type { ErrorCode } from '../core/errors.ts';
import type { QueryAsk, QueryRowsAnswer, QuerySnapshot } from '../core/query.ts';

/** What a process is started with. */
export interface QueryProcessSettings {
  /** The folder of the sealed files, absolute. */
  readonly directory: string;
  readonly memoryBytesMax: number;
  /** As nice(1) counts. */
  readonly niceness: number;
}

/** Messages of a result that may be on their way to the client; one more waits for one of them. */
export const CREDITS = 4;

export type ToQuery =
  | { readonly kind: 'ask'; readonly id: number; readonly ask: QueryAsk }
  | { readonly kind: 'snapshot'; readonly id: number; readonly snapshot: QuerySnapshot }
  | {
      readonly kind: 'rows';
      readonly id: number;
      readonly stream: string;
      readonly rows: QueryRowsAnswer;
    }
  /** All hot rows were sent. */
  | { readonly kind: 'run'; readonly id: number }
  /** The client took a message. */
  | { readonly kind: 'taken'; readonly id: number }
  | { readonly kind: 'cancel'; readonly id: number };

export type FromQuery =
  /** It is one `select` and nothing else: the rows may come. */
  | { readonly kind: 'allowed'; readonly id: number }
  /** An encoded `QueryResponse`. */
  | { readonly kind: 'message'; readonly id: number; readonly bytes: Uint8Array }
  /** The last of a query: null when the whole result was sent. */
  | {
      readonly kind: 'ended';
      readonly id: number;
      readonly error: { readonly code: ErrorCode; readonly message: string } | null;
    };
