// Remembers what a topic led to, so that matching costs one map look-up for a topic that comes again.
// Topics are hostile input: bounded by count and by bytes, the least recently added half goes first.

export interface RouteCacheLimits {
  readonly routesMax: number;
  readonly routeBytesMax: number;
}

export class RouteCache<Route> {
  readonly #limits: RouteCacheLimits;
  /** Two generations: what the old one still answers moves to the young one, the rest is let go. */
  #young = new Map<string, Route>();
  #old = new Map<string, Route>();
  #youngBytes = 0;

  constructor(limits: RouteCacheLimits) {
    this.#limits = limits;
  }

  get(topic: string): Route | undefined {
    const route = this.#young.get(topic);
    if (route !== undefined) return route;
    const old = this.#old.get(topic);
    if (old !== undefined) this.set(topic, old);
    return old;
  }

  set(topic: string, route: Route): void {
    const bytes = topic.length * 2;
    const isFull =
      this.#young.size >= this.#limits.routesMax / 2 ||
      this.#youngBytes + bytes > this.#limits.routeBytesMax / 2;
    if (isFull) {
      this.#old = this.#young;
      this.#young = new Map();
      this.#youngBytes = 0;
    }
    this.#young.set(topic, route);
    this.#youngBytes += bytes;
  }

  get size(): number {
    return this.#young.size + this.#old.size;
  }
}
