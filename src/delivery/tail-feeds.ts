// The feeds under way, one for each stream, filter and size of batch that somebody follows at the
// end. The more followers there are, the longer readings are gathered before they go out, so that
// the messages written in a second are bounded and not their number times the commits.

import type { DeliveryFormat } from '../core/contracts.ts';
import { type FeedParts, type FeedPlace, type FeedSubject, TailFeed } from './tail-feed.ts';

/**
 * How long readings are gathered: for each follower about what a message to it may take of the I/O
 * thread's time, with as much left for others. Browsers are for eyes, which see ten changes a second.
 */
const GATHERING: Readonly<Record<DeliveryFormat, { followerMs: number; maxMs: number }>> = {
  rows: { followerMs: 0.1, maxMs: 100 },
  arrow: { followerMs: 0.1, maxMs: 100 },
  sse: { followerMs: 1, maxMs: 250 },
};

export interface FeedsParts extends Omit<FeedParts, 'gatherMs' | 'changed' | 'fetchBytesMax'> {
  readonly fetchBytesMax: Readonly<Record<DeliveryFormat, number>>;
}

export class TailFeeds {
  readonly #parts: FeedsParts;
  readonly #feeds = new Map<string, TailFeed>();
  #followers = 0;

  constructor(parts: FeedsParts) {
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
    const { followerMs, maxMs } = GATHERING[subject.format];
    const feed: TailFeed = new TailFeed(
      {
        ...this.#parts,
        fetchBytesMax: this.#parts.fetchBytesMax[subject.format],
        gatherMs: () => Math.min(maxMs, this.#followers * followerMs),
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
