/**
 * JSON as text: what the console shows and sends is never parsed into numbers, so that 1.0 and 30 digits stay what they
 * are. Only white space between tokens is ever changed. The texts given here are valid JSON, unless said otherwise.
 */

/** A string, a punctuation mark, a word or number, or white space. Sticky: it goes on where the last one ended. */
const token = /"(?:[^"\\]|\\.)*"|[{}[\]:,]|[^\s{}[\]:,"]+|\s+/gsy;

/** The tokens of a text, white space aside. @param {string} text */
function* tokens(text) {
  for (const [each] of text.matchAll(token)) {
    if (each.trim() !== '') yield each;
  }
}

/** On one line, as the service keeps it. @param {string} text */
export function compact(text) {
  return [...tokens(text)].join('');
}

/**
 * With a line for each member and item, two spaces for each level.
 * @param {string} text
 */
export function pretty(text) {
  let out = '';
  let depth = 0;
  let before = '';
  const newLine = () => `\n${'  '.repeat(depth)}`;
  for (const each of tokens(text)) {
    const closes = each === '}' || each === ']';
    if (closes) depth--;
    // Nothing in between: {} and [] stay together.
    const opened = before === '{' || before === '[';
    if ((opened && !closes) || (closes && !opened) || before === ',') out += newLine();
    out += each === ':' ? ': ' : each;
    if (each === '{' || each === '[') depth++;
    before = each;
  }
  return out;
}

/** Why a text is no JSON; undefined when it is. @param {string} text */
export function faultOf(text) {
  if (text.trim() === '') return 'A value is needed: any JSON, such as "text", 12 or {"a": [1, 2]}.';
  try {
    JSON.parse(text);
    return undefined;
  } catch (error) {
    return /** @type {Error} */ (error).message;
  }
}

/**
 * The members of an object, each value as the text that stands there.
 * @param {string} text an object
 * @returns {Map<string, string>}
 */
export function membersOf(text) {
  /** @type {Map<string, string>} */
  const members = new Map();
  let depth = 0;
  let name = '';
  let value = '';
  let isName = true;
  for (const each of tokens(text)) {
    if (each === '}' || each === ']') depth--;
    const ends = depth === 0 || (depth === 1 && each === ',');
    if (ends) {
      if (name !== '') members.set(JSON.parse(name), value);
      [name, value, isName] = ['', '', true];
    } else if (depth === 1 && isName && each !== ':') name = each;
    else if (depth === 1 && isName) isName = false;
    else if (depth >= 1) value += each;
    if (each === '{' || each === '[') depth++;
  }
  return members;
}
