/** The arguments of scripts, with what each may be: an unknown option, a word too many or an unreadable number is an error. */
import { parseArgs } from 'node:util';

export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export interface Argument<T> {
  /** What it is where it is not given. */
  readonly usual: T;
  /** What it may be, after "must be". Undefined: an option that has no value. */
  readonly allowed: string | undefined;
  /** Undefined: that it may not be. */
  read(text: string): T | undefined;
}

type Arguments = Readonly<Record<string, Argument<unknown>>>;
type Values<A> = { readonly [Name in keyof A]: A[Name] extends Argument<infer T> ? T : never };

export interface Usage<W extends Arguments, O extends Arguments, R> {
  /** In their order. Each may be left out with those behind it. */
  readonly words?: W;
  /** Such as `--rounds=5`. */
  readonly options?: O;
  /** Words behind those, as many as there are. */
  readonly rest?: Argument<R>;
}

/** @throws UsageError, with what the script takes */
export function readArguments<const W extends Arguments, const O extends Arguments, R = never>(
  usage: Usage<W, O, R>,
  given: readonly string[],
): Values<W> & Values<O> & { readonly rest: readonly R[] } {
  const words: Arguments = usage.words ?? {};
  const options: Arguments = usage.options ?? {};
  const rest: Argument<unknown> | undefined = usage.rest;
  const { values, positionals } = parse(options, given, told);
  const names = Object.keys(words);
  const further = positionals.slice(names.length);
  if (further.length > 0 && rest === undefined) throw new UsageError(`Not expected: ${further.join(' ')}.\n${told()}`);
  const read = (name: string, { usual, allowed, read }: Argument<unknown>, text: string | boolean | undefined) => {
    if (typeof text !== 'string') return text ?? usual;
    const value = read(text);
    if (value === undefined) throw new UsageError(`${name} must be ${allowed}, not "${text}".\n${told()}`);
    return value;
  };
  return {
    ...Object.fromEntries(names.map((name, i) => [name, read(wordIn(name), argumentOf(words, name), positionals[i])])),
    ...Object.fromEntries(Object.entries(options).map(([name, one]) => [name, read(`--${name}`, one, values[name])])),
    rest: rest === undefined ? [] : further.map((text) => read('A word', rest, text)),
  } as Values<W> & Values<O> & { readonly rest: readonly R[] };

  function told(): string {
    return usageText(words, options, rest);
  }
}

/** Those of this process. What cannot be read ends it with exit code 2 and a message: only for scripts. */
export function scriptArguments<const W extends Arguments, const O extends Arguments, R = never>(
  usage: Usage<W, O, R>,
): Values<W> & Values<O> & { readonly rest: readonly R[] } {
  try {
    return readArguments(usage, process.argv.slice(2));
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    console.error(error.message);
    process.exit(2);
  }
}

/** A variable of the environment; unset or empty counts as not given. @throws UsageError */
export function fromEnvironment<T>(name: string, { usual, allowed, read }: Argument<T>, env = process.env): T {
  const text = env[name] ?? '';
  if (text === '') return usual;
  const value = read(text);
  if (value === undefined) throw new UsageError(`${name} must be ${allowed}, not "${text}".`);
  return value;
}

function parse(options: Arguments, given: readonly string[], told: () => string) {
  const config = Object.entries(options).map(([name, { allowed }]) => {
    return [name, { type: allowed === undefined ? 'boolean' : 'string' }] as const;
  });
  try {
    return parseArgs({ args: [...given], options: Object.fromEntries(config), allowPositionals: true });
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new UsageError(`${error.message}\n${told()}`, { cause: error });
  }
}

const wordIn = (name: string) => name.toUpperCase();

function argumentOf(words: Arguments, name: string): Argument<unknown> {
  const found = words[name];
  if (found === undefined) throw new Error(`no argument ${name}`);
  return found;
}

/** A line for each argument. */
function usageText(words: Arguments, options: Arguments, rest: Argument<unknown> | undefined): string {
  const line = (name: string, { usual, allowed }: Argument<unknown>) => {
    const otherwise = usual === undefined || usual === false || usual === '' ? '' : ` (default ${String(usual)})`;
    return allowed === undefined ? `  ${name}` : `  ${name}: ${allowed}${otherwise}`;
  };
  const lines = [
    ...Object.entries(words).map(([name, one]) => line(wordIn(name), one)),
    ...(rest === undefined ? [] : [line('further words', rest)]),
    ...Object.entries(options).map(([name, one]) => line(`--${name}${one.allowed === undefined ? '' : '='}`, one)),
  ];
  return lines.length === 0 ? 'It takes no arguments.' : `Arguments:\n${lines.join('\n')}`;
}
