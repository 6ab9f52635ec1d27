/** Characters that a terminal acts on, or that show text in another order than it has: what others wrote may hold them. */

/**
 * In any text: controls (ESC, CR, DEL, and C1 such as U+009B), formats (bidirectional marks and overrides, tags), separators
 * of lines, and halves of pairs. The joiners U+200C and U+200D stay: scripts and emoji need them.
 */
export const acting = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}]|(?![\u200c\u200d])\p{Cf}/gu;

/** In JSON, which escapes the others by itself: DEL, C1, formats, separators of lines. */
export const actingInJson = /[\u007f-\u009f\p{Zl}\p{Zp}]|(?![\u200c\u200d])\p{Cf}/gu;

/** As JSON escapes it, `\u001b`; so JSON stays the same JSON. @param start of each escape */
export function escapeOf(character: string, start: string = '\\u'): string {
  return character
    .split('')
    .map((unit) => `${start}${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .join('');
}

/** A line of a log, the same JSON without such characters. */
export function safeLine(line: string): string {
  return line.replaceAll(actingInJson, (character) => escapeOf(character));
}
