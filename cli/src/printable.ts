/** Text that others wrote, for people to look at. */
import { acting, escapeOf } from '@kvstore/core/acting-characters.ts';

/** What a terminal acts on is as JSON escapes it, `\u001b`; so JSON stays the same JSON. */
export function printable(text: string): string {
  return text.replaceAll(acting, (character) => escapeOf(character));
}

/** The same, but for the ends of lines and tabs. */
export function printableLines(text: string): string {
  return text.replaceAll(acting, (character) =>
    character === '\n' || character === '\t' ? character : escapeOf(character),
  );
}
