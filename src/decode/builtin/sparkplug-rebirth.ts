// The one command that a host sends to a Sparkplug node: be born again, for data came that no birth
// explains (Sparkplug 3.0, 5.9). How often it is sent is bounded for each node and in all.

import { BinaryWriter } from '@bufbuild/protobuf/wire';

const rebirthMetric = 'Node Control/Rebirth';
/** The data type Boolean. */
const booleanType = 11;

/** The payload of an NCMD: its time, no sequence number, one metric by its name. */
export function rebirthPayload(timeMs: number): Uint8Array<ArrayBuffer> {
  const writer = new BinaryWriter();
  writer.uint32(8).uint64(timeMs);
  writer.uint32(18).fork();
  writer.uint32(10).string(rebirthMetric);
  writer.uint32(24).uint64(timeMs);
  writer.uint32(32).uint32(booleanType);
  writer.uint32(112).bool(true);
  writer.join();
  return Uint8Array.from(writer.finish());
}

export interface RebirthLimits {
  /** A node is asked again after so long, when it is still not understood. */
  readonly againUs: number;
  /** Over all nodes: after a restart all of them at once would be a storm. */
  readonly perSecondMax: number;
  /** Nodes of which it is known when they were asked. */
  readonly nodesMax: number;
}

const defaults: RebirthLimits = { againUs: 60_000_000, perSecondMax: 10, nodesMax: 1000 };

export class RebirthLimiter {
  readonly #limits: RebirthLimits;
  /** By the topic of the command; the one asked last comes last. */
  readonly #askedAtUs = new Map<string, number>();
  #second = 0;
  #inSecond = 0;

  constructor(limits: RebirthLimits = defaults) {
    this.#limits = limits;
  }

  /** True when the node is to be asked now; whoever is not is asked with what it sends later. */
  take(topic: string, nowUs: number): boolean {
    const { againUs, perSecondMax, nodesMax } = this.#limits;
    const last = this.#askedAtUs.get(topic);
    if (last !== undefined && Math.abs(nowUs - last) < againUs) return false;
    const second = Math.floor(nowUs / 1_000_000);
    if (second !== this.#second) {
      this.#second = second;
      this.#inSecond = 0;
    }
    if (this.#inSecond >= perSecondMax) return false;
    this.#inSecond += 1;
    this.#askedAtUs.delete(topic);
    this.#askedAtUs.set(topic, nowUs);
    if (this.#askedAtUs.size > nodesMax) {
      const [oldest] = this.#askedAtUs.keys();
      this.#askedAtUs.delete(oldest!);
    }
    return true;
  }

  /** For tests. */
  get size(): number {
    return this.#askedAtUs.size;
  }
}
