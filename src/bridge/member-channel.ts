// The I/O thread's end of the groups: actions of all members cross together, one message for each
// turn of the event loop and no more than two under way, so that a log thread that is busy makes
// them wait here, where each member's are bounded by its call.

import type { MillpondError } from '../core/errors.ts';
import type { Joined, MemberAction, MemberEvent, Membership } from '../core/group.ts';
import { noteOffHeap } from '../core/off-heap.ts';
import { fromWire, type MemberActs, type MemberTold, type WireMemberEvent } from './messages.ts';

const UNDER_WAY_MAX = 2;

type Receive = (events: readonly MemberEvent[]) => void;

/** The actions of one member that have not crossed yet; its credits are added up. */
interface Waiting {
  credits: number;
  readonly actions: MemberAction[];
}

export class MemberChannel {
  readonly #post: (acts: readonly MemberActs[]) => void;
  readonly #receivers = new Map<number, Receive>();
  #waiting = new Map<number, Waiting>();
  #underWay = 0;
  #isScheduled = false;

  constructor(post: (acts: readonly MemberActs[]) => void) {
    this.#post = post;
  }

  open(joined: Joined, receive: Receive): Membership {
    const { member } = joined;
    this.#receivers.set(member, receive);
    return {
      ...joined,
      act: (action) => this.#act(member, action),
      close: () => void this.#receivers.delete(member),
    };
  }

  receive({ taken, told }: { taken: number; told: readonly MemberTold[] }): void {
    this.#underWay -= taken;
    for (const { member, events } of told) {
      this.#receivers.get(member)?.(events.map(toMemberEvent));
    }
    if (this.#waiting.size > 0) this.#schedule();
  }

  /** The log thread is gone. */
  fail(error: MillpondError): void {
    this.#waiting.clear();
    const receivers = [...this.#receivers.values()];
    this.#receivers.clear();
    for (const receive of receivers) receive([{ kind: 'ended', error }]);
  }

  #act(member: number, action: MemberAction): void {
    let waiting = this.#waiting.get(member);
    if (waiting === undefined) {
      waiting = { credits: -1, actions: [] };
      this.#waiting.set(member, waiting);
    }
    if (action.kind === 'credit') waiting.credits = Math.max(0, waiting.credits) + action.count;
    else waiting.actions.push(action);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#isScheduled || this.#underWay >= UNDER_WAY_MAX) return;
    this.#isScheduled = true;
    setImmediate(() => this.#flush());
  }

  #flush(): void {
    this.#isScheduled = false;
    if (this.#waiting.size === 0) return;
    const acts = [...this.#waiting].map(([member, { credits, actions }]) => ({
      member,
      actions: credits < 0 ? actions : [{ kind: 'credit', count: credits } as const, ...actions],
    }));
    this.#waiting = new Map();
    this.#underWay += 1;
    this.#post(acts);
  }
}

function toMemberEvent(event: WireMemberEvent): MemberEvent {
  if (event.kind === 'ended') return { kind: 'ended', error: fromWire(event.error) };
  if (event.kind === 'delivery') noteOffHeap(event.buffer.byteLength);
  return event;
}
