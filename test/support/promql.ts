// Which metrics and labels a PromQL expression asks for. A small reader that knows what the dashboards
// and the alert rules are made of, and throws at everything else: nothing is passed over.

export interface Matcher {
  readonly label: string;
  readonly operator: string;
  readonly value: string;
}

export interface Selector {
  readonly metric: string;
  readonly matchers: readonly Matcher[];
}

export interface Asked {
  readonly selectors: readonly Selector[];
  /** That the expression groups or joins by. */
  readonly labels: readonly string[];
}

const TOKEN =
  /\s+|(?<word>[a-zA-Z_][\w:]*)|(?<string>"(?:[^"\\]|\\.)*")|(?<number>\d+(?:\.\d+)?(?:ms|[smhdwy])?)|(?<sign>=~|!~|!=|==|>=|<=|[-+*/(){}[\],=<>])/y;

const functions = new Set([
  'rate',
  'increase',
  'changes',
  'predict_linear',
  'histogram_quantile',
  'sum',
  'min',
  'max',
]);
const groupings = new Set(['by', 'on']);
const operators = new Set(['unless']);

export function readExpression(expression: string): Asked {
  const tokens = tokensOf(expression);
  const selectors: Selector[] = [];
  const labels: string[] = [];
  for (let at = 0; at < tokens.length; at++) {
    const { kind, text } = tokens[at]!;
    if (kind !== 'word' || operators.has(text)) continue;
    const next = tokens[at + 1]?.text;
    if (groupings.has(text)) {
      const end = indexOf(tokens, ')', at);
      labels.push(
        ...tokens.slice(at + 2, end).flatMap((each) => (each.text === ',' ? [] : [each.text])),
      );
      at = end;
    } else if (functions.has(text)) {
      if (next !== '(' && !groupings.has(next ?? '')) throw new Error(`${text} in ${expression}`);
    } else if (next === '(') {
      throw new Error(`the function ${text} is not known: ${expression}`);
    } else if (next === '{') {
      const end = indexOf(tokens, '}', at);
      selectors.push({ metric: text, matchers: matchersOf(tokens.slice(at + 2, end)) });
      at = end;
    } else {
      selectors.push({ metric: text, matchers: [] });
    }
  }
  if (selectors.length === 0) throw new Error(`no metric in ${expression}`);
  return { selectors, labels };
}

interface Token {
  readonly kind: 'word' | 'string' | 'number' | 'sign';
  readonly text: string;
}

function tokensOf(expression: string): Token[] {
  const tokens: Token[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < expression.length) {
    const at = TOKEN.lastIndex;
    const groups = TOKEN.exec(expression)?.groups;
    if (groups === undefined) throw new Error(`not understood: ${expression.slice(at)}`);
    for (const kind of ['word', 'string', 'number', 'sign'] as const) {
      const text = groups[kind];
      if (text !== undefined) tokens.push({ kind, text });
    }
  }
  return tokens;
}

function matchersOf(tokens: readonly Token[]): Matcher[] {
  const matchers: Matcher[] = [];
  for (let at = 0; at < tokens.length; at += 4) {
    const [label, operator, value, comma] = tokens.slice(at, at + 4);
    const isWhole = label?.kind === 'word' && operator?.kind === 'sign' && value?.kind === 'string';
    if (!isWhole || (comma !== undefined && comma.text !== ',')) {
      throw new Error(`no matcher: ${tokens.map(({ text }) => text).join(' ')}`);
    }
    matchers.push({
      label: label.text,
      operator: operator.text,
      value: JSON.parse(value.text) as string,
    });
  }
  return matchers;
}

function indexOf(tokens: readonly Token[], text: string, from: number): number {
  const found = tokens.findIndex((token, index) => index > from && token.text === text);
  if (found < 0) throw new Error(`no ${text}`);
  return found;
}
