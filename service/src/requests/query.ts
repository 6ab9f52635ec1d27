/** Query parameters, parsed once. */
import { parseKey } from '@kvstore/core/key.ts';
import { maxTtl } from '@kvstore/core/limits.ts';
import { Problem } from '@kvstore/core/problem.ts';
import type { Fold } from '../store/fold.ts';
import type { SearchFilter } from '../store/store.ts';
import { unknownName } from './unknown-name.ts';

/** Keys or pairs in one page. */
export const maxLimit = 10_000;

/** Characters (code points) of a delimiter. */
export const maxDelimiter = 32;

/** How fresh a read is, the default first. */
export const consistencies = ['linearizable', 'stale'] as const;

export interface Page {
  readonly filter: SearchFilter;
  readonly limit: number | undefined;
}

/** Decoded parameters by name; a list where one is given more than once. */
export type Query = Readonly<Record<string, string | string[] | undefined>>;

/**
 * Reads a query as HTML forms write it (`+` is a space), but refuses escapes that are not UTF-8, which would silently be
 * replaced, and parameters that the call does not know: a misspelt `ttl` must not make a key that stays.
 * Throws Problem `invalid-query`.
 */
export function parseQuery(query: string, known: readonly string[]): Query {
  if (query === '') return noParameters;
  if (query.includes('%')) {
    try {
      decodeURIComponent(query);
    } catch (cause) {
      throw new Problem('invalid-query', 'The query is not percent-encoded UTF-8.', { cause });
    }
  }
  // Not node:querystring, which takes a tenth of a search's time. This takes a fiftieth: a plain query needs no decoding.
  const decoded = query.includes('%') || query.includes('+') ? decodedForm : asItIs;
  const parameters: Record<string, string | string[]> = {};
  for (let start = 0; start < query.length; ) {
    const found = query.indexOf('&', start);
    const end = found === -1 ? query.length : found;
    if (end > start) addParameter(parameters, query.slice(start, end), known, decoded);
    start = end + 1;
  }
  return parameters;
}

/** `text`: name=value, or a name alone. */
function addParameter(
  parameters: Record<string, string | string[]>,
  text: string,
  known: readonly string[],
  decoded: (text: string) => string,
): void {
  const mark = text.indexOf('=');
  const given = decoded(mark === -1 ? text : text.slice(0, mark));
  const name = known[known.indexOf(given)];
  if (name === undefined) throw unknownParameter(given, known);
  const value = mark === -1 ? '' : decoded(text.slice(mark + 1));
  const before = parameters[name];
  if (before === undefined) parameters[name] = value;
  else if (typeof before === 'string') parameters[name] = [before, value];
  else before.push(value);
}

const asItIs = (text: string) => text;

const decodedForm = (text: string) => decodeURIComponent(text.replaceAll('+', ' '));

const noParameters: Query = {};

function unknownParameter(text: string, known: readonly string[]): Problem {
  if (text === '') return new Problem('invalid-query', 'A parameter of the query has no name.');
  const { name, guess, all } = unknownName(text, known);
  return new Problem('invalid-query', `There is no parameter \`${name}\`.${guess} This call knows ${all || 'none'}.`);
}

/** A parameter that may be given once. Throws Problem `invalid-query`. */
export function single(query: Query, name: string): string | undefined {
  const value = query[name];
  if (Array.isArray(value)) throw new Problem('invalid-query', `\`${name}\` is given more than once.`);
  return value;
}

/** Which keys or pairs, and how many in a page. Throws Problem `invalid-query` or `invalid-key`. */
export function parsePage(query: Query): Page {
  const limit = wholeNumber(query, 'limit', { from: 1, to: maxLimit });
  const prefix = single(query, 'prefix');
  const suffix = single(query, 'suffix');
  const contains = single(query, 'contains');
  const fold = parseFold(query, prefix);
  const reverse = parseFlag(query, 'reverse');
  const after = single(query, 'after');
  return {
    filter: { prefix, suffix, contains, after: after === undefined ? undefined : parseKey(after), reverse, fold },
    limit,
  };
}

/** Seconds that a read waits for a change at the most. */
export const maxWaitSeconds = 60;

/** `wait`: milliseconds; undefined: none is given, or 0. Throws Problem `invalid-query`. */
export function parseWait(query: Query): number | undefined {
  const seconds = wholeNumber(query, 'wait', { from: 0, to: maxWaitSeconds, unit: ' of seconds' });
  return seconds === undefined || seconds === 0 ? undefined : seconds * 1000;
}

/** What parsePage understands. */
export const pageParameters = ['prefix', 'suffix', 'contains', 'delimiter', 'reverse', 'limit', 'after'] as const;

function parseFold(query: Query, prefix = ''): Fold | undefined {
  const delimiter = single(query, 'delimiter');
  if (delimiter === undefined) return undefined;
  const { length } = [...delimiter];
  if (length < 1 || length > maxDelimiter) {
    throw new Problem('invalid-query', `\`delimiter\` has 1 to ${maxDelimiter} characters; this one has ${length}.`);
  }
  return { delimiter, from: prefix.length };
}

/** `ttl`: whole seconds; undefined: none is given. Throws Problem `invalid-query`. */
export function parseTtl(query: Query): number | undefined {
  return wholeNumber(query, 'ttl', { from: 1, to: maxTtl, unit: ' of seconds' });
}

interface Range {
  readonly from: 0 | 1;
  readonly to: number;
  /** As the problem says it. */
  readonly unit?: string;
}

/** A number that may be given once; undefined: none is given. Throws Problem `invalid-query`. */
function wholeNumber(query: Query, name: string, { from, to, unit = '' }: Range): number | undefined {
  const given = single(query, name);
  if (given === undefined) return undefined;
  const form = from === 0 ? /^\d{1,9}$/ : /^[1-9]\d{0,8}$/;
  if (form.test(given) && Number(given) <= to) return Number(given);
  const range = `from ${from} to ${to}`;
  throw new Problem('invalid-query', `\`${name}\` is a whole number${unit} ${range}; this one is "${given}".`);
}

/** `name=true` or `name=false`, which is the default. Throws Problem `invalid-query`. */
export function parseFlag(query: Query, name: string): boolean {
  const value = single(query, name) ?? 'false';
  if (value !== 'true' && value !== 'false') {
    throw new Problem('invalid-query', `\`${name}\` is "true" or "false"; this one is "${value}".`);
  }
  return value === 'true';
}

/** Whether the read may be answered from the index at once. Throws Problem `invalid-query`. */
export function parseStale(query: Query): boolean {
  const consistency = single(query, 'consistency') ?? 'linearizable';
  if (consistency === 'stale') return true;
  if (consistency === 'linearizable') return false;
  throw new Problem('invalid-query', `\`consistency\` is "linearizable" or "stale"; this one is "${consistency}".`);
}
