/** Text that others wrote, for people to look at. */

/**
 * Characters that a terminal acts on, or that show text in another order than it has: controls (ESC, CR, DEL, and C1 such
 * as U+009B), formats (bidirectional marks and overrides, tags), separators of lines, and halves of pairs. The joiners
 * U+200C and U+200D stay: scripts and emoji need them.
 */
const acting = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}]|(?![\u200c\u200d])\p{Cf}/gu;

/** Each of them as JSON escapes it, `\u001b`; so JSON stays the same JSON. */
export function printable(text: string): string {
  return text.replaceAll(acting, escaped);
}

/** The same, but for the ends of lines and tabs. */
export function printableLines(text: string): string {
  return text.replaceAll(acting, (character) =>
    character === '\n' || character === '\t' ? character : escaped(character),
  );
}

function escaped(character: string): string {
  return character
    .split('')
    .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .join('');
}
