// What people do with the dead letters of groups: look at them, have them sent round again, throw them
// away.

import type {
  GroupDeadLetter,
  GroupDeadLettersDone,
  GroupDeadLetterWork,
} from '../../core/group.ts';
import type { Page } from '../../core/log-inspection.ts';
import type { Log } from '../log.ts';
import { listGroupLetters } from './group-letter-list.ts';
import type { Groups } from './groups.ts';

export class GroupLetterWork {
  readonly #log: Log;
  readonly #groups: Groups;

  constructor(log: Log, groups: Groups) {
    this.#log = log;
    this.#groups = groups;
  }

  /** Throws STREAM_UNKNOWN, GROUP_UNKNOWN, and as `Log.inspect`; so do the others. */
  async list(work: GroupDeadLetterWork): Promise<Page<GroupDeadLetter, number>> {
    const { group, page } = await this.#find(work);
    const entries = page.entries.map(({ series, ...letter }) => ({
      ...letter,
      ...this.#log.series.keyOf(series),
      isRedelivering: group.isRevived(letter.offset),
    }));
    return { entries, next: page.next };
  }

  /** They stay dead letters until a member has acknowledged them; a restart forgets that they go round. */
  async redeliver(work: GroupDeadLetterWork): Promise<GroupDeadLettersDone> {
    const { group, page } = await this.#find(work);
    const letters = group.revive(
      page.entries.map(({ offset, series }) => ({
        offset,
        device: this.#log.series.deviceOf(series),
      })),
    );
    return { letters, next: page.next };
  }

  /** They are gone, and recorded as a loss. Resolves once that is durable. */
  async purge(work: GroupDeadLetterWork): Promise<GroupDeadLettersDone> {
    const { group, page } = await this.#find(work);
    const letters = group.purge(page.entries.map(({ offset }) => offset));
    if (letters > 0) {
      this.#log.recordLoss({
        stream: group.stream.name,
        count: letters,
        reason: 'group_dead_letters_purged',
        detail: `an operator had dead letters of group ${group.name} thrown away`,
      });
      await this.#log.groups.flush();
    }
    return { letters, next: page.next };
  }

  async #find(work: GroupDeadLetterWork) {
    const group = this.#groups.get(work.stream, work.group);
    const named = { ...work, stream: group.stream.name, group: group.name };
    const page = await this.#log.inspect((connection) => listGroupLetters(connection, named));
    return { group, page };
  }
}
