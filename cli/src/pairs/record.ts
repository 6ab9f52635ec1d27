/** A pair as exports write it: `{"key":…,"value":…,"revision":…,"expires":…}`, a line each. */
import { parseMembers } from '@kvstore/core/json-members.ts';
import { parseKey } from '@kvstore/core/key.ts';

export interface PairRecord {
  readonly key: string;
  /** JSON text, never parsed: its numbers and escapes stay as they are. */
  readonly value: string;
  /** Unix milliseconds after which the pair is gone; undefined: never. */
  readonly expires?: number;
  /** Of the store that the line is from. */
  readonly revision?: number;
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * Members other than key, value, expires and a revision are left aside.
 * @throws Error that says what is wrong with the line
 */
export function parseRecord(line: Buffer): PairRecord {
  const members = membersOf(decode(line));
  const [key, value, expires] = ['key', 'value', 'expires'].map((name) => members.get(name));
  if (key === undefined || value === undefined) {
    throw new Error('a line is an object with the members "key" and "value"');
  }
  if (!key.startsWith('"')) throw new Error(`"key" is a string; this one is ${key.slice(0, 40)}`);
  const revision = members.get('revision');
  const known = revision !== undefined && /^\d{1,16}$/.test(revision) ? { revision: Number(revision) } : {};
  const record = { key: parseKey(JSON.parse(key) as string), value, ...known };
  if (expires === undefined) return record;
  if (!/^\d{1,16}$/.test(expires)) throw new Error(`"expires" is a time in milliseconds; this one is ${expires}`);
  return { ...record, expires: Number(expires) };
}

function decode(line: Buffer): string {
  try {
    return utf8.decode(line);
  } catch (cause) {
    throw new Error('not UTF-8', { cause });
  }
}

function membersOf(text: string): ReadonlyMap<string, string> {
  try {
    return parseMembers(text);
  } catch (cause) {
    // Its words are about a request's body.
    throw new Error(`not a JSON object (${whyNot(text)})`, { cause });
  }
}

function whyNot(text: string): string {
  try {
    JSON.parse(text);
    return text.trimStart().startsWith('{') ? 'nested too deeply' : 'something else';
  } catch (error) {
    return error instanceof Error ? error.message.slice(0, 200) : String(error);
  }
}
