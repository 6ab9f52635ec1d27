/** A line of the log without what a terminal acts on: what clients and other programs wrote may be in it. */

/** Raw in JSON: DEL, C1, formats such as bidirectional overrides, separators of lines. Joiners belong to scripts and emoji. */
const raw = /[\u007f-\u009f\p{Zl}\p{Zp}]|(?![\u200c\u200d])\p{Cf}/gu;
/** What a reader of JSON makes controls of, but for ends of lines and tabs; and any other escape, to be passed over. */
const escapes = /\\(?:(u00[01][0-9a-f]|[bfr])|.)/g;

/** The same JSON: such characters are escaped in it. */
export function safeLine(line: string): string {
  return line.replaceAll(raw, (character) => escapeOf(character, '\\u'));
}

/** Texts in it show their escapes, for what prints texts and no JSON. */
export function shownLine(line: string): string {
  return line
    .replaceAll(escapes, (found, control: string | undefined) => (control === undefined ? found : `\\${found}`))
    .replaceAll(raw, (character) => escapeOf(character, '\\\\u'));
}

function escapeOf(character: string, start: string): string {
  return character
    .split('')
    .map((unit) => `${start}${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .join('');
}
