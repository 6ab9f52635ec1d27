/** A key as a person can tell it from every other one: what cannot be seen, or turns text around, is written as an escape. */

/**
 * Controls, formats (bidirectional marks and overrides, zero-width characters, tags), separators, spaces that are not the
 * plain one, halves of pairs, characters that no font shows, and fillers that look like nothing.
 */
const unseen =
  /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Cn}]|[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000\u2800]|\u034f|[\u115f\u1160\u3164\uffa0]|[\u17b4\u17b5]|[\u180b-\u180f]/u;
/** Joins two emoji into one, such as a family. */
const joiner = '\u200d';
const emoji = /\p{Extended_Pictographic}|\p{Emoji_Modifier}|\ufe0f/u;

/**
 * The key in pieces, each as it is or as an escape. What a character is depends on its place in the whole key, so a key is
 * never cut before it is shown.
 * @param {string} key
 * @param {number} begin characters before it are matched
 * @param {number} end characters from it on are matched
 */
function shownPieces(key, begin, end) {
  /** @type {{ text: string, escaped: boolean, matched: boolean }[]} */
  const pieces = [];
  const characters = [...key];
  let at = 0;
  for (const [i, character] of characters.entries()) {
    const joins = character === joiner && emoji.test(characters[i - 1] ?? '') && emoji.test(characters[i + 1] ?? '');
    // A space at an end is not seen either.
    const atEnd = character === ' ' && (i === 0 || i === characters.length - 1);
    const escaped = (unseen.test(character) && !joins) || atEnd;
    const matched = at < begin || at >= end;
    at += character.length;
    const text = escaped ? escapeOf(character) : character;
    const last = pieces.at(-1);
    if (last?.escaped === escaped && last.matched === matched) last.text += text;
    else pieces.push({ text, escaped, matched });
  }
  return pieces;
}

/** The same as one text, for titles. @param {string} key */
export function shownKey(key) {
  return shownPieces(key, 0, key.length)
    .map(({ text }) => text)
    .join('');
}

/** Shows a key in an element. @param {Element} element @param {string} key */
export function showKey(element, key) {
  element.replaceChildren(...shownParts(key, { prefix: '', suffix: '' }));
}

/**
 * The same as elements: a `mark` for what a search matched, a `span` for the rest.
 * @param {string} key
 * @param {import('./api.js').Filter} matched
 */
export function shownParts(key, { prefix, suffix }) {
  return shownPieces(key, prefix.length, key.length - suffix.length).map(({ text, escaped, matched }) => {
    const part = document.createElement(matched ? 'mark' : 'span');
    if (escaped) part.className = 'escape';
    part.textContent = text;
    return part;
  });
}

/** As JSON writes it. @param {string} character */
function escapeOf(character) {
  return character
    .split('')
    .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .join('');
}
