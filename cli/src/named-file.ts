/** Small files that the user names, such as a token's. */
import { readFileSync } from 'node:fs';
import { CliError, exitCodes } from './exit-codes.ts';

/** @param what the file holds, for the message @throws CliError (usage) when it cannot be read */
export function readNamed(what: string, file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (cause) {
    throw new CliError(`${what}: ${cause instanceof Error ? cause.message : cause}`, exitCodes.usage, cause);
  }
}
