/** Small files that the user names, such as a token's. */
import { readFileSync } from 'node:fs';
import { CliError, exitCodes } from './exit-codes.ts';

/** @param what the file holds, for the message @throws CliError (usage) when it cannot be read */
export function readNamed(what: string, file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (cause) {
    throw unreadable(what, cause);
  }
}

/**
 * Undefined: there is no such file.
 * @param what the file holds, for the message @throws CliError (usage) when it is there and cannot be read
 */
export function readIfThere(what: string, file: string): Buffer | undefined {
  try {
    return readFileSync(file);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw unreadable(what, cause);
  }
}

function unreadable(what: string, cause: unknown): CliError {
  return new CliError(`${what}: ${cause instanceof Error ? cause.message : cause}`, exitCodes.usage, cause);
}
