/** A line of the readable log without what a terminal acts on: what clients and other programs wrote may be in it. */
import { actingInJson, escapeOf } from '@kvstore/core/acting-characters.ts';

/** What a reader of JSON makes controls of, but for ends of lines and tabs; and any other escape, to be passed over. */
const escapes = /\\(?:(u00[01][0-9a-f]|[bfr])|.)/g;

/** JSON whose texts show their escapes, for what prints texts and no JSON. */
export function shownLine(line: string): string {
  return line
    .replaceAll(escapes, (found, control: string | undefined) => (control === undefined ? found : `\\${found}`))
    .replaceAll(actingInJson, (character) => escapeOf(character, '\\\\u'));
}
