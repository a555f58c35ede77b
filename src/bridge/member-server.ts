// The log thread's end of the groups: hands over what members did, and posts what they are told, all
// of one commit or one message together.

import type { MemberAction, MemberEvent } from '../core/group.ts';
import { type FromLog, type MemberActs, toWire, type WireMemberEvent } from './messages.ts';

export interface MemberServerParts {
  readonly post: (message: FromLog, transfer: readonly ArrayBuffer[]) => void;
  readonly act: (member: number, actions: readonly MemberAction[]) => void;
}

export class MemberServer {
  readonly #parts: MemberServerParts;
  #told = new Map<number, WireMemberEvent[]>();
  #buffers: ArrayBuffer[] = [];
  #taken = 0;
  #isScheduled = false;

  constructor(parts: MemberServerParts) {
    this.#parts = parts;
  }

  act(acts: readonly MemberActs[]): void {
    this.#taken += 1;
    this.#schedule();
    for (const { member, actions } of acts) this.#parts.act(member, actions);
  }

  /** Takes the buffers of deliveries. */
  tell(member: number, events: readonly MemberEvent[]): void {
    let told = this.#told.get(member);
    if (told === undefined) {
      told = [];
      this.#told.set(member, told);
    }
    for (const event of events) {
      if (event.kind === 'delivery') this.#buffers.push(event.buffer);
      told.push(event.kind === 'ended' ? { ...event, error: toWire(event.error) } : event);
    }
    this.#schedule();
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    queueMicrotask(() => this.#flush());
  }

  #flush(): void {
    this.#isScheduled = false;
    const told = [...this.#told].map(([member, events]) => ({ member, events }));
    const buffers = this.#buffers;
    const taken = this.#taken;
    this.#told = new Map();
    this.#buffers = [];
    this.#taken = 0;
    this.#parts.post({ kind: 'members', taken, told }, buffers);
  }
}
