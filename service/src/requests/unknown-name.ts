/** A name that a call does not know, as its problem says it. */
import { closestMatch } from 'leven';

/** Characters of the name that a problem shows. */
const shown = 100;

export interface UnknownName {
  readonly name: string;
  /** ` Did you mean …?` where a name that is known is near; else empty. */
  readonly guess: string;
}

/** What a problem says of a name that is none of the known ones. */
export function unknownName(text: string, known: readonly string[]): UnknownName {
  const name = text.slice(0, shown);
  const near = closestMatch(name.toLowerCase(), known, { maxDistance: 2 });
  return { name, guess: near === undefined ? '' : ` Did you mean \`${near}\`?` };
}
