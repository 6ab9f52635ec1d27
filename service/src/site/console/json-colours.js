/**
 * Colours of JSON, of what is in view alone. JSON has no string of several lines, so each line is read by itself: no cost
 * grows with the text, and nothing has to be parsed in the background.
 */
import { RangeSetBuilder } from '@codemirror/state';
import { Decoration, ViewPlugin } from '@codemirror/view';

/** Characters of a line before the view that are read to find whether a string is open there; beyond, no colours. */
const mostBefore = 1_000_000;

/** A string (which the view may cut), a number, or a word. */
const token = /"(?:[^"\\]|\\.)*"?|[-\d][^\s{}[\]:,"]*|\b(?:true|false|null)\b/g;
/** What is left of a string that is open. */
const rest = /^(?:[^"\\]|\\.)*"?/;

const marks = {
  name: Decoration.mark({ class: 'name' }),
  string: Decoration.mark({ class: 'string' }),
  number: Decoration.mark({ class: 'number' }),
  word: Decoration.mark({ class: 'word' }),
};

class Colours {
  decorations = Decoration.none;
  /** False: what is in view has no colours, since a line is too long for them. */
  complete = true;

  /** @param {import('@codemirror/view').EditorView} view */
  constructor(view) {
    this.#colour(view);
  }

  /** @param {import('@codemirror/view').ViewUpdate} update */
  update({ view, docChanged, viewportChanged }) {
    if (docChanged || viewportChanged) this.#colour(view);
  }

  /** @param {import('@codemirror/view').EditorView} view */
  #colour({ state: { doc }, visibleRanges }) {
    /** @type {RangeSetBuilder<Decoration>} */
    const builder = new RangeSetBuilder();
    this.complete = true;
    for (const { from, to } of visibleRanges) {
      for (let at = from; at <= to; ) {
        const line = doc.lineAt(at);
        const end = Math.min(line.to, to);
        if (at - line.from > mostBefore) this.complete = false;
        else {
          for (const { start, length, kind } of tokensOf(doc.sliceString(line.from, at), doc.sliceString(at, end)))
            builder.add(at + start, at + start + length, marks[kind]);
        }
        at = line.to + 1;
      }
    }
    this.decorations = builder.finish();
  }
}

/** Keeps the colours of what is in view. */
export const colours = ViewPlugin.fromClass(Colours, { decorations: ({ decorations }) => decorations });

/**
 * The tokens of a part of a line that have a colour, also where it is no JSON (yet).
 * @param {string} before what stands before it in the line
 * @param {string} text
 */
function* tokensOf(before, text) {
  let start = 0;
  if (endsInString(before)) {
    // The text may begin with the character that a backslash stands for.
    const skipped = endsInEscape(before, before.length) ? 1 : 0;
    start = skipped + (rest.exec(text.slice(skipped))?.[0].length ?? 0);
    if (start > 0) yield { start: 0, length: start, kind: kindOf('"', text, start) };
  }
  token.lastIndex = start;
  for (let match = token.exec(text); match !== null; match = token.exec(text)) {
    const [each] = match;
    yield { start: match.index, length: each.length, kind: kindOf(each, text, match.index + each.length) };
  }
}

/**
 * @param {string} each
 * @param {string} text
 * @param {number} end where it ends
 * @returns {keyof typeof marks}
 */
function kindOf(each, text, end) {
  if (each.startsWith('"')) return /^\s*:/.test(text.slice(end, end + 20)) ? 'name' : 'string';
  return /^[-\d]/.test(each) ? 'number' : 'word';
}

/** @param {string} text from the start of a line */
function endsInString(text) {
  let inString = false;
  for (let at = text.indexOf('"'); at !== -1; at = text.indexOf('"', at + 1)) {
    if (!inString || !endsInEscape(text, at)) inString = !inString;
  }
  return inString;
}

/** Whether the character at `end` is one that a backslash stands for. @param {string} text @param {number} end */
function endsInEscape(text, end) {
  let backslashes = 0;
  while (text[end - 1 - backslashes] === '\\') backslashes++;
  return backslashes % 2 === 1;
}
