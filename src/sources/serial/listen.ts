// Listens to a port for a while, at one baud rate after the other, to tell what talks there.

import { OpenPort } from './open-port.ts';
import { describeProblem } from './port-problem.ts';
import { recognise, type Talk } from './recognise.ts';

/** The most common first. */
export const baudRates = [9600, 115_200, 57_600, 4800, 19_200, 38_400] as const;

const BYTES_MAX = 4096;

export interface Heard extends Talk {
  /** 0 when the port could not be opened. */
  readonly baudRate: number;
}

/** Never rejects. Opening a port may restart the board behind it. */
export async function listen(path: string, msEach: number): Promise<Heard> {
  let best: Heard = { what: 'silent', config: '', isCertain: false, baudRate: 0 };
  for (const baudRate of baudRates) {
    try {
      const talk = recognise(await hear(path, baudRate, msEach));
      if (talk.isCertain) return { ...talk, baudRate };
      if (best.what === 'silent' && talk.what !== 'silent') best = { ...talk, baudRate };
    } catch (thrown) {
      return { what: describeProblem(thrown), config: '', isCertain: false, baudRate: 0 };
    }
  }
  return best;
}

/** Ends early once there is enough to judge by. */
async function hear(path: string, baudRate: number, ms: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let isEnough: () => void = () => undefined;
  const enough = new Promise<void>((resolve) => {
    isEnough = resolve;
  });
  const port = await OpenPort.open(
    path,
    { baudRate, dataBits: 8, parity: 'none', stopBits: 1 },
    {
      isPaused: false,
      data: (bytes) => {
        chunks.push(Buffer.from(bytes));
        const all = Buffer.concat(chunks);
        if (all.length >= BYTES_MAX || recognise(all).isCertain) isEnough();
      },
      lost: () => isEnough(),
    },
  );
  const timer = setTimeout(isEnough, ms);
  await enough;
  clearTimeout(timer);
  await port.close();
  return Buffer.concat(chunks);
}
