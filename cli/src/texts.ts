/** Texts that users give: as they are, or refused. A byte that is no UTF-8 is never replaced. */
import { readFileSync } from 'node:fs';
import { buffer } from 'node:stream/consumers';
import { parseKey } from '@kvstore/core/key.ts';
import { CliError, exitCodes } from './exit-codes.ts';
import { type Io, say } from './io.ts';

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * All of standard input. A byte order mark stays: it may be a part of a text.
 * @throws CliError (usage) when it is not UTF-8
 */
export async function readStandardInput(io: Pick<Io, 'stdin' | 'stderr'>): Promise<string> {
  sayWhenTyped(io);
  return decode(await buffer(io.stdin), 'standard input');
}

/** Without it, a person who forgot an argument looks at a program that does nothing. */
export function sayWhenTyped({ stdin, stderr }: Pick<Io, 'stdin' | 'stderr'>): void {
  if ((stdin as { isTTY?: boolean }).isTTY === true) {
    say({ stderr }, 'reading from the terminal; end with Ctrl+D on a line of its own');
  }
}

/** @throws CliError (usage) */
export function decode(bytes: Uint8Array, what: string): string {
  try {
    return utf8.decode(bytes);
  } catch (cause) {
    throw new CliError(`${what} is not UTF-8: nothing was written`, exitCodes.usage, cause);
  }
}

/** A key as a store takes it. @throws CliError (usage) */
export function checkKey(key: string): string {
  try {
    return parseKey(key);
  } catch (cause) {
    throw new CliError(cause instanceof Error ? cause.message : String(cause), exitCodes.usage, cause);
  }
}

/**
 * Arguments are texts by the time a program sees them, with U+FFFD for what is no UTF-8. Where the system shows their
 * bytes (Linux), such arguments are refused: they would be another key, or another value.
 * @throws CliError (usage)
 */
export function checkArguments(argv: readonly string[], commandLine: string = '/proc/self/cmdline'): void {
  if (!argv.some((each) => each.includes('\ufffd'))) return;
  let bytes: Buffer;
  try {
    bytes = readFileSync(commandLine);
  } catch {
    return;
  }
  decode(bytes, 'an argument');
}
