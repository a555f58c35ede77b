// How text looks where it goes: how wide a line may be, and in which colours. A pipe has neither a
// width nor, unless FORCE_COLOR says otherwise, colours.

import type { Writable } from 'node:stream';
import { styleText } from 'node:util';
import { hasColour } from '../../observability/colour.ts';
import { hasBlocks } from './blocks.ts';

/** What a text is, which decides on its colour. */
export type Tone = 'heading' | 'strong' | 'faint' | 'good' | 'warning' | 'problem' | 'bar';

export interface Look {
  /** Columns of the terminal as it is now; infinite where there is none. */
  readonly width: number;
  /** Without block characters. */
  readonly isPlain: boolean;
  paint(tone: Tone, text: string): string;
  /** The same name has the same colour, whenever and wherever. */
  paintName(name: string, text: string): string;
}

export type OutputStream = Writable & {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
};

type Style = Parameters<typeof styleText>[0];

const styles: Readonly<Record<Tone, Style>> = {
  heading: 'bold',
  strong: 'bold',
  faint: 'dim',
  good: 'green',
  warning: 'yellow',
  problem: ['red', 'bold'],
  bar: 'cyan',
};

/** Readable on a dark and on a light ground; yellow and red mean something. */
const hues = ['cyan', 'magenta', 'green', 'blueBright'] as const;

/** Of a terminal that does not say. */
const USUAL_WIDTH = 80;

/** Without colours, and as wide as the text is. */
export const plainLook: Look = {
  width: Number.POSITIVE_INFINITY,
  isPlain: true,
  paint: (_tone, text) => text,
  paintName: (_name, text) => text,
};

/** By the environment as it is now. */
export function lookOf(stream: OutputStream): Look {
  const isColoured = hasColour(stream);
  const styled = (style: Style, text: string): string =>
    isColoured && text !== '' ? styleText(style, text, { validateStream: false }) : text;
  return {
    isPlain: stream.isTTY !== true || !hasBlocks(process.env),
    get width() {
      if (stream.isTTY !== true) return Number.POSITIVE_INFINITY;
      return stream.columns || USUAL_WIDTH;
    },
    paint: (tone, text) => styled(styles[tone], text),
    paintName: (name, text) => styled(hues[hashOf(name) % hues.length] ?? 'cyan', text),
  };
}

/** FNV-1a: neighbours such as `room-1` and `room-2` come out apart. */
function hashOf(name: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < name.length; index++) {
    hash = Math.imul(hash ^ name.charCodeAt(index), 0x01000193);
  }
  return (hash ^ (hash >>> 15)) >>> 0;
}
