// The gateway's own time, injected so that tests can hold it still or make it jump.

/** Microseconds since the Unix epoch, UTC, as an integer below 2^53. */
export type Clock = () => number;

/** The system's clock in steps of one millisecond; it follows every change of the system's time. */
export const systemClock: Clock = () => Date.now() * 1000;

/** For spans of time: begins anywhere and never jumps, whatever is done to the system's time. */
export const steadyClock: Clock = () => Math.round(performance.now() * 1000);
