/** How much is read within one turn of the event loop, without a snapshot: what is read there is one state of the store. */

/** Characters of an answer; a longer one is sent in slices that let others have their turn. */
export const maxLength = 16_384;
/** Keys that are looked at: half a millisecond. */
export const maxKeys = 1000;

/** Undefined: it is too long. What comes behind that is not even read. */
export function joined(pieces: Iterable<string>): string | undefined {
  let text = '';
  for (const piece of pieces) {
    text += piece;
    if (text.length > maxLength) return undefined;
  }
  return text;
}
