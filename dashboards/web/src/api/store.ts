// One value that components share: set from anywhere, seen by all that use it.
import { useEffect, useState } from 'preact/hooks';

export interface Store<Value> {
  readonly get: () => Value;
  /** Tells the subscribers if it is another value. */
  readonly set: (value: Value) => void;
  /** Returns what ends the subscription. */
  readonly subscribe: (listener: () => void) => () => void;
}

export function createStore<Value>(initial: Value): Store<Value> {
  let current = initial;
  const listeners = new Set<() => void>();
  return {
    get: () => current,
    set: (value) => {
      if (Object.is(value, current)) return;
      current = value;
      for (const listener of listeners) listener();
    },
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** The store's value; the component is drawn again when it changes. */
export function useStore<Value>(store: Store<Value>): Value {
  const [, redraw] = useState(0);
  const seen = store.get();
  useEffect(() => {
    const check = (): void => redraw((count) => count + 1);
    if (store.get() !== seen) check();
    return store.subscribe(check);
  }, [store]);
  return seen;
}
