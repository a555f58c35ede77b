// The feeds under way, one for each stream, filter and size of batch that somebody follows at the
// end. The more followers there are, the longer readings are gathered before they go out, so that
// the messages written in a second are bounded and not their number times the commits.

import { type FeedParts, type FeedPlace, type FeedSubject, TailFeed } from './tail-feed.ts';

/** What one message to one follower may take of the I/O thread's time, with as much left for others. */
const FOLLOWER_GATHER_MS = 0.1;
const GATHER_MS_MAX = 100;

export class TailFeeds {
  readonly #parts: Omit<FeedParts, 'gatherMs' | 'changed'>;
  readonly #feeds = new Map<string, TailFeed>();
  #followers = 0;

  constructor(parts: Omit<FeedParts, 'gatherMs' | 'changed'>) {
    this.#parts = parts;
  }

  get count(): number {
    return this.#feeds.size;
  }

  /** Over all feeds. */
  get followers(): number {
    return this.#followers;
  }

  /** A place for a follower that has read the stream to its end, `from`. */
  join(subject: FeedSubject, from: number): FeedPlace {
    const key = JSON.stringify(subject);
    const known = this.#feeds.get(key);
    if (known !== undefined && !known.isStale) return known.join(from);
    known?.retire();
    const feed = this.#make(key, subject, from);
    this.#feeds.set(key, feed);
    return feed.join(from);
  }

  #make(key: string, subject: FeedSubject, from: number): TailFeed {
    const feed: TailFeed = new TailFeed(
      {
        ...this.#parts,
        gatherMs: () => Math.min(GATHER_MS_MAX, this.#followers * FOLLOWER_GATHER_MS),
        changed: (by, isEmpty) => {
          this.#followers += by;
          if (isEmpty && this.#feeds.get(key) === feed) this.#feeds.delete(key);
        },
      },
      subject,
      from,
    );
    return feed;
  }
}
