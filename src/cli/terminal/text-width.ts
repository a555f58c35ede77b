// How many columns of a terminal a text takes: Chinese, Japanese and Korean characters and emoji take
// two, marks that join the character before them none.

import stringWidth from 'string-width';

const ellipsis = '…';
const ascii = /^[\u0020-\u007e]*$/;
const segmenter = new Intl.Segmenter();

export function textWidth(text: string): number {
  return ascii.test(text) ? text.length : stringWidth(text);
}

/** Not wider than `width`: what had to go is an ellipsis. Characters are not cut in two. */
export function cutText(text: string, width: number): string {
  if (text.length <= width && ascii.test(text)) return text;
  if (textWidth(text) <= width) return text;
  if (width < 1) return '';
  let kept = '';
  let left = width - 1;
  for (const { segment } of segmenter.segment(text)) {
    left -= textWidth(segment);
    if (left < 0) break;
    kept += segment;
  }
  return kept + ellipsis;
}

/** On as many lines as it needs, broken between words; a word that is wider has a line of its own. */
export function wrapText(text: string, width: number): string[] {
  if (textWidth(text) <= width) return [text];
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const joined = line === '' ? word : `${line} ${word}`;
    if (line !== '' && textWidth(joined) > width) {
      lines.push(line);
      line = word;
    } else {
      line = joined;
    }
  }
  return [...lines, line];
}

export function padEnd(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - textWidth(text)));
}

export function padStart(text: string, width: number): string {
  return ' '.repeat(Math.max(0, width - textWidth(text))) + text;
}
