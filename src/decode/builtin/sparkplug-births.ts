// What the births of Sparkplug's edge nodes have said: what each alias stands for, and where the count of
// messages is. It lives in memory only; after a restart a node is asked to be born again. Bounded: the nodes
// that were silent longest are forgotten first.

import type { Alias, SparkplugMetric } from './sparkplug-payload.ts';

export interface Definition {
  readonly name: string;
  readonly datatype: number | undefined;
  readonly unit: string | undefined;
}

export interface BirthLimits {
  readonly nodesMax: number;
  readonly definitionsMax: number;
  /** Characters of the names and units kept. */
  readonly charactersMax: number;
}

export const defaultBirthLimits: BirthLimits = {
  nodesMax: 1000,
  definitionsMax: 50_000,
  charactersMax: 4 * 1024 * 1024,
};

/** What one birth said. */
class Birth {
  /** A metric is told by its alias, and by its name where it has none. */
  readonly definitions = new Map<Alias | string, Definition>();
  /** Of the names and units, and of the device's own name. */
  characters: number;

  constructor(device: string, metrics: readonly SparkplugMetric[]) {
    this.characters = device.length;
    for (const { name, alias, datatype, unit } of metrics) {
      if (name === undefined) continue;
      this.definitions.set(alias ?? name, { name, datatype, unit });
      this.characters += name.length + (unit?.length ?? 0);
    }
  }
}

class EdgeNode {
  /** By device; the node's own under the empty name. The one born last comes last. */
  readonly devices = new Map<string, Birth>();
  bdSeq: number | undefined;
  /** Of the last message; undefined before the first. */
  seq: number | undefined;
}

export class Births {
  readonly #limits: BirthLimits;
  /** The one heard of last comes last. */
  readonly #nodes = new Map<string, EdgeNode>();
  #definitions = 0;
  #characters = 0;

  constructor(limits: BirthLimits = defaultBirthLimits) {
    this.#limits = limits;
  }

  /** For tests and figures. */
  get definitions(): number {
    return this.#definitions;
  }

  /** Births that are remembered. */
  get devices(): number {
    let count = 0;
    for (const { devices } of this.#nodes.values()) count += devices.size;
    return count;
  }

  /** A node's birth ends all that was known of it and of its devices. */
  bear(node: string, bdSeq: number | undefined, metrics: readonly SparkplugMetric[]): void {
    this.#forget(node);
    const born = new EdgeNode();
    born.bdSeq = bdSeq;
    this.#nodes.set(node, born);
    this.#define(born, '', metrics);
    this.#makeRoom(node);
  }

  bearDevice(node: string, device: string, metrics: readonly SparkplugMetric[]): void {
    const found = this.#touch(node);
    this.#forgetDevice(found, device);
    this.#define(found, device, metrics);
    this.#makeRoom(node);
  }

  /**
   * A death that names another session than the birth did is the late will of a connection that was
   * replaced; false then.
   */
  die(node: string, bdSeq: number | undefined): boolean {
    const found = this.#nodes.get(node);
    if (found?.bdSeq !== undefined && bdSeq !== undefined && found.bdSeq !== bdSeq) return false;
    this.#forget(node);
    return true;
  }

  dieDevice(node: string, device: string): void {
    const found = this.#nodes.get(node);
    if (found !== undefined) this.#forgetDevice(found, device);
  }

  /** False when messages are missing between the last one and this one, of which the node counts 0 to 255. */
  follows(node: string, seq: number | undefined): boolean {
    if (seq === undefined) return true;
    const found = this.#touch(node);
    const isNext = found.seq === undefined || (found.seq + 1) % 256 === seq;
    found.seq = seq;
    return isNext;
  }

  /** Whether a birth of the device is remembered; of the node itself with an empty name. */
  knows(node: string, device: string): boolean {
    return this.#nodes.get(node)?.devices.has(device) === true;
  }

  /** Undefined for a metric that no birth has named since the node was last born. */
  find(node: string, device: string, metric: SparkplugMetric): Definition | undefined {
    const key = metric.alias ?? metric.name;
    const definitions = this.#nodes.get(node)?.devices.get(device)?.definitions;
    if (key === undefined || definitions === undefined) return undefined;
    const found = definitions.get(key);
    // Some send the name in spite of the alias, or the alias of a metric that was born without one.
    return found ?? (metric.name === undefined ? undefined : definitions.get(metric.name));
  }

  #touch(node: string): EdgeNode {
    const found = this.#nodes.get(node) ?? new EdgeNode();
    this.#nodes.delete(node);
    this.#nodes.set(node, found);
    this.#makeRoom(node);
    return found;
  }

  #define(node: EdgeNode, device: string, metrics: readonly SparkplugMetric[]): void {
    const birth = new Birth(device, metrics);
    if (birth.definitions.size === 0) return;
    node.devices.set(device, birth);
    this.#definitions += birth.definitions.size;
    this.#characters += birth.characters;
  }

  #forget(node: string): void {
    const found = this.#nodes.get(node);
    if (found === undefined) return;
    for (const device of [...found.devices.keys()]) this.#forgetDevice(found, device);
    this.#nodes.delete(node);
  }

  #forgetDevice(node: EdgeNode, device: string): void {
    const birth = node.devices.get(device);
    if (birth === undefined) return;
    this.#definitions -= birth.definitions.size;
    this.#characters -= birth.characters;
    node.devices.delete(device);
  }

  get #isFull(): boolean {
    const { definitionsMax, charactersMax } = this.#limits;
    return this.#definitions > definitionsMax || this.#characters > charactersMax;
  }

  /** Other nodes first, then of this one the devices that were born longest ago. */
  #makeRoom(node: string): void {
    for (const other of this.#nodes.keys()) {
      if (!this.#isFull && this.#nodes.size <= this.#limits.nodesMax) return;
      if (other !== node) this.#forget(other);
    }
    const own = this.#nodes.get(node);
    for (const device of own === undefined ? [] : [...own.devices.keys()]) {
      if (!this.#isFull) return;
      this.#forgetDevice(own!, device);
    }
  }
}
