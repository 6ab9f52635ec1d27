/** A key as a person can tell it from every other one: what cannot be seen, or turns text around, is written as an escape. */

/**
 * Controls, formats (bidirectional marks and overrides, zero-width characters, tags), variation selectors and others that
 * no font shows, separators, spaces that are not the plain one, halves of pairs, and fillers that look like nothing.
 */
const unseen =
  /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Cn}\p{Default_Ignorable_Code_Point}\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000\u2800]/u;
/** Joins two emoji into one, such as a family. */
const joiner = '\u200d';
/** Asks for the emoji of a character that has another form as well. */
const emojiForm = '\ufe0f';
const emoji = /\p{Extended_Pictographic}|\p{Emoji_Modifier}/u;

/** Whether an emoji ends before the place. @param {string[]} characters @param {number} i */
function followsEmoji(characters, i) {
  const last = characters[i - 1] === emojiForm ? i - 2 : i - 1;
  return emoji.test(characters[last] ?? '');
}

/** Whether the character at the place is a part of an emoji that is seen. @param {string[]} characters @param {number} i */
function isInEmoji(characters, i) {
  if (characters[i] === joiner) return followsEmoji(characters, i) && emoji.test(characters[i + 1] ?? '');
  return characters[i] === emojiForm && emoji.test(characters[i - 1] ?? '');
}

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
    // A space at an end is not seen either.
    const atEnd = character === ' ' && (i === 0 || i === characters.length - 1);
    const escaped = (unseen.test(character) && !isInEmoji(characters, i)) || atEnd;
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
