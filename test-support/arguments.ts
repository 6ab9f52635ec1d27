/** The arguments of scripts: an unknown option, a word too many or an unreadable number is an error. */
import { parseArgs } from 'node:util';

export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** What a text may be. */
export interface Kind<T> {
  /** Completes "must be". Undefined: an option without a value. */
  readonly allowed: string | undefined;
  /** Undefined: the text is not allowed. */
  read(text: string): T | undefined;
}

export interface Argument<T, Default = T> extends Kind<T> {
  readonly default: Default;
}

type Arguments = Readonly<Record<string, Argument<unknown>>>;
type Values<A> = { readonly [Name in keyof A]: A[Name] extends Argument<infer T, infer Default> ? T | Default : never };

export interface Usage<W extends Arguments, O extends Arguments, R> {
  /** In their order. Each may be left out with those behind it. */
  readonly words?: W;
  /** Such as `--rounds=5`. */
  readonly options?: O;
  /** Words behind those, as many as there are. */
  readonly rest?: Kind<R>;
}

/** @throws UsageError, with what the script takes */
export function readArguments<const W extends Arguments, const O extends Arguments, R = never>(
  { words = {} as W, options = {} as O, rest }: Usage<W, O, R>,
  given: readonly string[],
): Values<W> & Values<O> & { readonly rest: readonly R[] } {
  const fail = (message: string, cause?: unknown): never => {
    throw new UsageError(`${message}\n${usageText(words, options, rest)}`, { cause });
  };
  const read = <T>(name: string, { allowed, read }: Kind<T>, text: string): T =>
    read(text) ?? fail(`${name} must be ${allowed}, not "${text}".`);
  const { values, positionals } = parse(options, given, fail);
  const named = Object.entries(words);
  const further = positionals.slice(named.length);
  if (further.length > 0 && rest === undefined) fail(`Not expected: ${further.join(' ')}.`);
  const take = (name: string, argument: Argument<unknown>, text: string | boolean | undefined) =>
    typeof text === 'string' ? read(name, argument, text) : (text ?? argument.default);
  return {
    ...Object.fromEntries(named.map(([name, word], i) => [name, take(name.toUpperCase(), word, positionals[i])])),
    ...Object.fromEntries(
      Object.entries(options).map(([name, option]) => [name, take(`--${name}`, option, values[name])]),
    ),
    rest: rest === undefined ? [] : further.map((text) => read('A word', rest, text)),
  } as Values<W> & Values<O> & { readonly rest: readonly R[] };
}

/** Those of this process. What cannot be read ends it. */
export function scriptArguments<const W extends Arguments, const O extends Arguments, R = never>(
  usage: Usage<W, O, R>,
): Values<W> & Values<O> & { readonly rest: readonly R[] } {
  try {
    return readArguments(usage, process.argv.slice(2));
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    return endUsage(error.message);
  }
}

/** Ends this process with exit code 2 and the message: only for scripts. */
export function endUsage(message: string): never {
  console.error(message);
  process.exit(2);
}

/** A variable of the environment, for tests; unset or empty counts as not given. @throws UsageError */
export function fromEnvironment<T, D>(name: string, argument: Argument<T, D>, env = process.env): T | D {
  const text = env[name] ?? '';
  if (text === '') return argument.default;
  const value = argument.read(text);
  if (value === undefined) throw new UsageError(`${name} must be ${argument.allowed}, not "${text}".`);
  return value;
}

function parse(options: Arguments, given: readonly string[], fail: (message: string, cause: unknown) => never) {
  const config = Object.entries(options).map(([name, { allowed }]) => {
    return [name, { type: allowed === undefined ? 'boolean' : 'string' }] as const;
  });
  try {
    return parseArgs({ args: [...given], options: Object.fromEntries(config), allowPositionals: true });
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return fail(error.message, error);
  }
}

/** A line for each argument. */
function usageText(words: Arguments, options: Arguments, rest: Kind<unknown> | undefined): string {
  const line = (name: string, { default: fallback, allowed }: Argument<unknown>) => {
    const otherwise = ['', false, undefined].some((none) => none === fallback) ? '' : ` (default ${String(fallback)})`;
    return allowed === undefined ? `  ${name}` : `  ${name}: ${allowed}${otherwise}`;
  };
  const lines = [
    ...Object.entries(words).map(([name, one]) => line(name.toUpperCase(), one)),
    ...(rest === undefined ? [] : [`  further words: ${rest.allowed}`]),
    ...Object.entries(options).map(([name, one]) => line(`--${name}${one.allowed === undefined ? '' : '='}`, one)),
  ];
  return lines.length === 0 ? 'It takes no arguments.' : `Arguments:\n${lines.join('\n')}`;
}
