/** A name that a call does not know. */
import { closestMatch } from 'leven';

/** For the message: its beginning, which name was probably meant, and all that the call knows. */
export interface UnknownName {
  readonly name: string;
  /** A sentence, after a blank; empty: none is near. */
  readonly guess: string;
  /** Empty: the call knows none. */
  readonly all: string;
}

export function unknownName(text: string, known: readonly string[]): UnknownName {
  const name = text.slice(0, 100);
  const near = closestMatch(name.toLowerCase(), known, { maxDistance: 2 });
  const guess = near === undefined ? '' : ` Did you mean \`${near}\`?`;
  return { name, guess, all: known.map((each) => `\`${each}\``).join(', ') };
}
