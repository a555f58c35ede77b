// The groups of the log as the I/O thread sees them: calls to the log thread, and the channel of the
// members.

import type {
  GroupDeadLetter,
  GroupDeadLettersDone,
  GroupDeadLetterWork,
  GroupGate,
  GroupInspector,
  GroupMember,
  GroupStatus,
  JoinRequest,
  MemberEvent,
  Membership,
} from '../core/group.ts';
import type { Page } from '../core/log-inspection.ts';
import { MemberChannel } from './member-channel.ts';
import type { CallName, Calls, MemberActs } from './messages.ts';

type Call = <N extends CallName>(name: N, ask: Calls[N]['ask']) => Promise<Calls[N]['answer']>;

export interface GroupClientParts {
  readonly call: Call;
  /** Rejects with LOG_NOT_ANSWERING instead of waiting for ever. */
  readonly callInTime: Call;
  readonly post: (acts: readonly MemberActs[]) => void;
}

export class GroupClient implements GroupGate, GroupInspector {
  readonly members: MemberChannel;
  readonly #parts: GroupClientParts;

  constructor(parts: GroupClientParts) {
    this.#parts = parts;
    this.members = new MemberChannel(parts.post);
  }

  async join(
    request: JoinRequest,
    receive: (events: readonly MemberEvent[]) => void,
  ): Promise<Membership> {
    return this.members.open(await this.#parts.call('joinGroup', request), receive);
  }

  listGroups(): Promise<readonly GroupStatus[]> {
    return this.#parts.callInTime('listGroups', null);
  }

  listGroupMembers(stream: string, group: string): Promise<readonly GroupMember[]> {
    return this.#parts.callInTime('listGroupMembers', { stream, group });
  }

  listGroupDeadLetters(work: GroupDeadLetterWork): Promise<Page<GroupDeadLetter, number>> {
    return this.#parts.callInTime('listGroupDeadLetters', work);
  }

  redeliverGroupDeadLetters(work: GroupDeadLetterWork): Promise<GroupDeadLettersDone> {
    return this.#parts.call('redeliverGroupDeadLetters', work);
  }

  purgeGroupDeadLetters(work: GroupDeadLetterWork): Promise<GroupDeadLettersDone> {
    return this.#parts.call('purgeGroupDeadLetters', work);
  }
}
