// Server-sent events as a browser reads them (html.spec.whatwg.org, 9.2.6), for tests that look at
// every byte.

export interface ServerEvent {
  readonly event: string;
  readonly data: string;
  /** The last event id when it was dispatched. */
  readonly id: string;
}

/** Takes text in pieces of any size; a part of an event without its end stays undispatched. */
export class EventStreamReader {
  readonly events: ServerEvent[] = [];
  lastEventId = '';
  retryMs: number | null = null;
  comments = 0;
  #rest = '';
  #data: string[] = [];
  #event = '';
  #id = '';

  push(text: string): void {
    const whole = this.#rest + text;
    const lineEnd = /\r\n|\n|\r(?!$)/g;
    let start = 0;
    for (let end = lineEnd.exec(whole); end !== null; end = lineEnd.exec(whole)) {
      this.#take(whole.slice(start, end.index));
      start = lineEnd.lastIndex;
    }
    this.#rest = whole.slice(start);
  }

  #take(line: string): void {
    if (line === '') {
      this.#dispatch();
      return;
    }
    const colon = line.indexOf(':');
    if (colon === 0) this.comments += 1;
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'data') this.#data.push(value);
    else if (field === 'event') this.#event = value;
    else if (field === 'id' && !value.includes('\0')) this.#id = value;
    else if (field === 'retry' && /^\d+$/.test(value)) this.retryMs = Number(value);
  }

  #dispatch(): void {
    this.lastEventId = this.#id;
    if (this.#data.length > 0) {
      const event = this.#event === '' ? 'message' : this.#event;
      this.events.push({ event, data: this.#data.join('\n'), id: this.#id });
    }
    this.#data = [];
    this.#event = '';
  }
}
