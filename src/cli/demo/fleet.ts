// The simulated thermometers at work: takes their steps in turn, at an even rate.

import { type BrokerEndpoint, Link } from './link.ts';
import { makes } from './makes.ts';
import { createThermometers, type Step } from './thermometer.ts';

export interface FleetOptions {
  readonly broker: BrokerEndpoint;
  readonly devices: number;
  /** Steps a second, of all devices together. */
  readonly rate: number;
  readonly seed: number;
  /** Told once: further devices have the same trouble. */
  readonly troubled: (error: Error) => void;
}

const tickMs = 20;

/** Runs until it is stopped. */
export function startFleet(options: FleetOptions): { stop(): void } {
  const { broker, devices, rate, seed } = options;
  let isTroubled = false;
  let isStopped = false;
  const troubled = (error: Error): void => {
    if (!isTroubled && !isStopped) options.troubled(error);
    isTroubled = true;
  };
  const members = createThermometers(makes, { count: devices, seed }).map((thermometer) => {
    const link = new Link(thermometer, broker, troubled);
    link.open();
    return { thermometer, link, isCut: false };
  });

  function perform(member: (typeof members)[number], step: Step): void {
    const { link } = member;
    if (step.kind === 'send') link.send(step.messages);
    if (step.kind === 'resume') link.open(step.messages);
    if (step.kind === 'cut' && !member.isCut) link.cut();
    member.isCut = step.kind === 'cut';
  }

  let turn = 0;
  let due = 0;
  let lastMs = performance.now();
  const timer = setInterval(
    () => {
      const nowMs = performance.now();
      // What could not be done within a second is not made up for.
      due = Math.min(Math.max(1, rate), due + ((nowMs - lastMs) * rate) / 1000);
      lastMs = nowMs;
      for (; due >= 1; due -= 1) {
        const member = members[turn++ % members.length];
        // One that cannot send yet takes its step later, so that its steps stay the same.
        if (member === undefined || !(member.isCut || member.link.isReady)) continue;
        perform(member, member.thermometer.step(Date.now()));
      }
    },
    Math.max(tickMs, Math.min(1000, 1000 / rate)),
  );

  return {
    stop() {
      isStopped = true;
      clearInterval(timer);
      for (const { link } of members) link.close();
    },
  };
}
