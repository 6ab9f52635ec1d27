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
 * The key in pieces, each as it is or as an escape.
 * @param {string} key
 * @returns {{ text: string, escaped: boolean }[]}
 */
function shownPieces(key) {
  /** @type {{ text: string, escaped: boolean }[]} */
  const pieces = [];
  const characters = [...key];
  for (const [i, character] of characters.entries()) {
    const joins = character === joiner && emoji.test(characters[i - 1] ?? '') && emoji.test(characters[i + 1] ?? '');
    // A space at an end is not seen either.
    const atEnd = character === ' ' && (i === 0 || i === characters.length - 1);
    const escaped = (unseen.test(character) && !joins) || atEnd;
    const text = escaped ? escapeOf(character) : character;
    const last = pieces.at(-1);
    if (last?.escaped === escaped) last.text += text;
    else pieces.push({ text, escaped });
  }
  return pieces;
}

/** The same as one text, for titles. @param {string} key */
export function shownKey(key) {
  return shownPieces(key)
    .map(({ text }) => text)
    .join('');
}

/** Shows a key in an element. @param {Element} element @param {string} key */
export function showKey(element, key) {
  element.replaceChildren(...shownParts(key, 'span'));
}

/**
 * The same as elements.
 * @param {string} key or a part of one
 * @param {'span' | 'mark'} name of each element
 */
export function shownParts(key, name) {
  return shownPieces(key).map(({ text, escaped }) => {
    const part = document.createElement(name);
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
