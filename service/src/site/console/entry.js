/**
 * One key's value: shown, edited, saved on the condition that it is still what was shown. A change by somebody else is
 * shown beside one's own, and neither is ever thrown away without being asked for.
 */
import { deleteKey, getValue, Problem, setValue } from './api.js';
import { byId, flash } from './dom.js';
import { compact, faultOf, pretty } from './json-text.js';
import { showKey, shownKey } from './shown-key.js';

/** Characters up to which a value is put in lines: beyond, it is shown as it is. */
const prettyLimit = 4_000_000;
/** Characters up to which a value is checked with each key; one that is longer is, once nothing was typed for a moment. */
const checkedAtOnce = 2000;
/** Milliseconds. */
const checkPause = 200;
/** Characters; above, a check may take longer than a frame, so it waits for a longer pause. */
const slowToCheck = 100_000;
const slowCheckPause = 600;
/** Characters up to which white space is told from a change. */
const comparedLimit = 100_000;

/** @typedef {import('./api.js').Stored} Stored */

/**
 * @typedef {object} Surroundings
 * @property {(text: string) => void} say
 * @property {(error: unknown) => void} failed
 * @property {(key: string | undefined) => void} shown
 */

export class Entry {
  /** @type {string | undefined} */
  #key;
  /** The stored text whose size is known: to find it reads the whole. */
  #sized = { text: '', size: '' };
  /** What the edit began with; undefined: the key was not there. @type {Stored | undefined} */
  #base;
  /** The other side of a conflict; `stored` undefined: somebody deleted it. @type {{ stored: Stored | undefined } | undefined} */
  #conflict;
  #busy = false;
  /** Changes of the key that came while a write of it was under way. @type {import('./watch.js').Change[]} */
  #waiting = [];
  #opened = 0;
  /** The text as it was before anybody changed it. */
  #shown = '';
  /** The check that is still to come. */
  #checking = 0;
  #readOnly = false;
  #form = byId('entry', HTMLFormElement);
  #text = editor('text');
  #mine = editor('mine');
  #theirs = editor('theirs');
  #save = byId('save', HTMLButtonElement);
  #revert = byId('revert', HTMLButtonElement);
  #delete = byId('delete', HTMLButtonElement);
  #check = byId('check', HTMLParagraphElement);
  /** @type {Surroundings} */
  #around;

  /** @param {Surroundings} around */
  constructor(around) {
    this.#around = around;
    this.#text.addEventListener('edited', () => this.#typed());
    this.#text.addEventListener('scrolled', () => this.#showColoured());
    this.#form.addEventListener('submit', (event) => {
      event.preventDefault();
      void this.save();
    });
    byId('format', HTMLButtonElement).addEventListener('click', () => this.#format());
    this.#revert.addEventListener('click', () => this.#adopt(this.#base));
    byId('take', HTMLButtonElement).addEventListener('click', () => this.#take());
    byId('keep', HTMLButtonElement).addEventListener('click', () => this.#keep());
    setInterval(() => this.#facts(), 10_000);
  }

  get key() {
    return this.#key;
  }

  /** True: the token may not write, so nothing is offered that would. */
  get readOnly() {
    return this.#readOnly;
  }

  set readOnly(value) {
    this.#readOnly = value;
    this.#text.toggleAttribute('readonly', value);
    for (const part of [this.#save, this.#revert, this.#delete, byId('format', HTMLButtonElement)]) part.hidden = value;
  }

  get version() {
    return this.#base?.version;
  }

  /** Whether there is something that would be lost. */
  get dirty() {
    const text = this.#text.value;
    if (this.#key === undefined || text === this.#shown) return false;
    if (text.length > comparedLimit) return true;
    // White space is no change: the service does not keep it.
    return faultOf(text) !== undefined || compact(text) !== this.#base?.text;
  }

  focus() {
    this.#text.focus();
  }

  /** Reads a key and shows it. @param {string} key */
  async open(key) {
    const opened = ++this.#opened;
    // Nothing flickers for a value that comes at once.
    const slow = setTimeout(() => this.#wait(key), 150);
    try {
      const [stored] = await Promise.all([getValue(key), loadEditor()]);
      // A key that was chosen later may have come sooner.
      if (opened !== this.#opened) return;
      if (stored === undefined) {
        this.close();
        this.#around.say('The key is not there any more.');
        return;
      }
      this.#key = key;
      showKey(byId('key', HTMLHeadingElement), key);
      this.#form.hidden = false;
      byId('nothing', HTMLDivElement).hidden = true;
      this.#adopt(stored);
      this.#around.shown(key);
    } catch (error) {
      if (opened === this.#opened) this.#around.failed(error);
    } finally {
      clearTimeout(slow);
      if (opened === this.#opened) this.#wait(undefined);
    }
  }

  /** Says that a value is under way. @param {string | undefined} key undefined: it has come, or will not */
  #wait(key) {
    const shown = byId('nothing-text', HTMLParagraphElement);
    this.#form.ariaBusy = String(key !== undefined);
    shown.textContent = key === undefined ? 'Choose a key to see its value.' : `Loading ${shownKey(key)}…`;
  }

  close() {
    this.#opened++;
    this.#key = undefined;
    this.#base = undefined;
    this.#form.hidden = true;
    byId('nothing', HTMLDivElement).hidden = false;
    this.#around.shown(undefined);
  }

  /** Reads the present key anew: changes of it may have been missed. */
  async refresh() {
    const key = this.#key;
    if (key === undefined) return;
    try {
      const stored = await getValue(key);
      if (key === this.#key) this.#meet(stored);
    } catch (error) {
      this.#around.failed(error);
    }
  }

  /** A change that was watched. @param {import('./watch.js').Change} change */
  note(change) {
    if (change.key !== this.#key) return;
    if (this.#busy) {
      this.#waiting.push(change);
      return;
    }
    const { text, version, tag, expires } = change.read();
    // What was read may be ahead of what is watched.
    if (version < Math.max(this.#base?.version ?? 0, this.#conflict?.stored?.version ?? 0)) return;
    this.#meet(text === undefined ? undefined : { text, version, tag, expires });
  }

  async save() {
    if (this.#checking !== 0) this.#describe();
    const key = this.#key;
    if (key === undefined || this.#save.disabled || this.#busy) return;
    const text = this.#text.value;
    this.#busy = true;
    this.#describe();
    try {
      const seconds = this.#keptSeconds();
      const written = await setValue(key, text, this.#base?.tag, seconds);
      if (key === this.#key) {
        const expires = seconds === undefined ? undefined : Date.now() + seconds * 1000;
        this.#base = { text: compact(text), ...written, expires };
        this.#around.say('Saved.');
      }
    } catch (error) {
      if (error instanceof Problem && error.code === 'precondition-failed') await this.#refused(key);
      else this.#around.failed(error);
    } finally {
      this.#settle();
    }
  }

  /** Deletes what is shown. Throws Problem when it has changed meanwhile. */
  async delete() {
    if (this.#key === undefined || this.#base === undefined) return;
    const key = this.#key;
    this.#busy = true;
    try {
      await deleteKey(key, this.#base.tag);
      if (key === this.#key) this.close();
      this.#around.say('Deleted.');
    } catch (error) {
      if (error instanceof Problem && error.code === 'precondition-failed') await this.refresh();
      throw error;
    } finally {
      this.#settle();
    }
  }

  /** A write has ended: what came meanwhile is looked at now. */
  #settle() {
    this.#busy = false;
    for (const change of this.#waiting.splice(0)) this.note(change);
    if (this.#key !== undefined) this.#describe();
  }

  /** A save was refused: what is there now? @param {string} key */
  async #refused(key) {
    try {
      const stored = await getValue(key);
      if (key !== this.#key) return;
      this.#around.say('Not saved: somebody else changed the value.');
      this.#disagree(stored);
    } catch (error) {
      this.#around.failed(error);
    }
  }

  /**
   * What is stored now, to be shown or, when something here is not saved, to be decided about.
   * @param {Stored | undefined} stored
   */
  #meet(stored) {
    if (stored?.tag === this.#base?.tag) {
      // The same text; its expiry is the store's, not reckoned here.
      this.#base = stored;
      return this.#facts();
    }
    if (!this.dirty) {
      if (stored === undefined) {
        this.close();
        this.#around.say('The key was deleted.');
        return;
      }
      this.#adopt(stored);
      flash(this.#form);
      return;
    }
    this.#disagree(stored);
  }

  /** @param {Stored | undefined} stored */
  #disagree(stored) {
    const mine = this.#text.value;
    if (stored !== undefined && faultOf(mine) === undefined && compact(mine) === compact(stored.text)) {
      this.#base = stored;
      this.#conflict = undefined;
    } else this.#conflict = { stored };
    this.#describe();
  }

  #take() {
    const conflict = this.#conflict;
    if (conflict?.stored === undefined) this.close();
    else this.#adopt(conflict.stored);
    if (this.#key !== undefined) this.focus();
  }

  #keep() {
    if (this.#conflict === undefined) return;
    // The edit goes on from what is stored now: saving it replaces just that, and nothing newer.
    this.#base = this.#conflict.stored;
    this.#conflict = undefined;
    this.#describe();
    this.focus();
  }

  /** @param {Stored | undefined} stored */
  #adopt(stored) {
    this.#base = stored;
    this.#conflict = undefined;
    this.#shown = shownText(stored);
    this.#text.value = this.#shown;
    this.#describe();
  }

  #format() {
    if (faultOf(this.#text.value) !== undefined) return;
    this.#text.replace(pretty(this.#text.value));
  }

  /** Seconds until it is gone, when that is to stay so. */
  #keptSeconds() {
    const expires = this.#base?.expires;
    if (expires === undefined || !byId('keep-expiry', HTMLInputElement).checked) return undefined;
    return Math.max(1, Math.round((expires - Date.now()) / 1000));
  }

  /** What follows from a key that was typed: what takes long waits for a pause. */
  #typed() {
    if (this.#text.length <= checkedAtOnce) return this.#describe();
    clearTimeout(this.#checking);
    this.#checking = window.setTimeout(
      () => this.#describe(),
      this.#text.length > slowToCheck ? slowCheckPause : checkPause,
    );
  }

  /** Everything that follows from the state. */
  #describe() {
    clearTimeout(this.#checking);
    this.#checking = 0;
    const fault = faultOf(this.#text.value);
    // Asked once: it reads the whole text.
    const { dirty } = this;
    this.#check.textContent = fault ?? (dirty ? 'Changed, not saved' : '');
    this.#check.dataset.state = fault !== undefined ? 'fault' : dirty ? 'changed' : 'same';
    this.#text.invalid = fault !== undefined;
    this.#save.disabled = fault !== undefined || !dirty || this.#conflict !== undefined || this.#busy;
    this.#revert.disabled = !dirty || this.#conflict !== undefined;
    this.#delete.disabled = this.#base === undefined || this.#conflict !== undefined;
    this.#showConflict();
    this.#showColoured();
    this.#facts();
  }

  #showConflict() {
    const panel = byId('conflict', HTMLDivElement);
    const conflict = this.#conflict;
    panel.hidden = conflict === undefined;
    if (conflict === undefined) return;
    const { stored } = conflict;
    const gone = stored === undefined;
    byId('conflict-title', HTMLHeadingElement).textContent = gone ? 'Deleted meanwhile' : 'Changed meanwhile';
    byId('conflict-text', HTMLParagraphElement).textContent =
      'Somebody else was quicker. Nothing was overwritten: look at both values, then decide.';
    show(this.#mine, this.#text.value);
    show(this.#theirs, gone ? '(no such key)' : shownText(stored));
    byId('theirs-title', HTMLElement).textContent = gone ? 'In the store' : `In the store, revision ${stored.version}`;
    byId('take', HTMLButtonElement).textContent = gone ? 'Let it be gone' : "Take the store's";
  }

  #facts() {
    const base = this.#base;
    const facts = base === undefined ? ['not in the store'] : [`revision ${base.version}`, this.#sizeOf(base.text)];
    if (base?.expires !== undefined) facts.push(`gone ${timeOf(base.expires)}`);
    byId('facts', HTMLParagraphElement).textContent = facts.join('  ·  ');
    byId('expiry', HTMLLabelElement).hidden = base?.expires === undefined;
  }

  /** @param {string} text */
  #sizeOf(text) {
    if (this.#sized.text !== text) this.#sized = { text, size: sizeOf(text) };
    return this.#sized.size;
  }

  /** Colours do not vanish without a word. */
  #showColoured() {
    byId('uncoloured', HTMLParagraphElement).hidden = this.#text.coloured;
  }
}

/**
 * An editor of the page, which is one once loadEditor has resolved.
 * @param {string} id
 */
function editor(id) {
  return /** @type {import('./json-editor.js').JsonEditor} */ (byId(id, HTMLElement));
}

/** Loads the editor, which is larger than all the rest, when it is first needed or there is time. */
export async function loadEditor() {
  try {
    await import('./json-editor.js');
  } catch (cause) {
    throw new Error('The editor could not be loaded. Load the page anew.', { cause });
  }
}

/** @param {import('./json-editor.js').JsonEditor} where @param {string} text */
function show(where, text) {
  // A text that is there already stays where it was scrolled to.
  if (where.value !== text) where.value = text;
}

/** @param {Stored | undefined} stored */
function shownText(stored) {
  if (stored === undefined) return '';
  return stored.text.length <= prettyLimit ? pretty(stored.text) : stored.text;
}

/** @param {string} text */
function sizeOf(text) {
  const bytes = new TextEncoder().encode(text).length;
  return bytes < 1024 ? `${bytes} ${bytes === 1 ? 'byte' : 'bytes'}` : `${(bytes / 1024).toFixed(1)} KiB`;
}

/** @param {number} expires Unix time in milliseconds */
function timeOf(expires) {
  const seconds = Math.max(0, Math.round((expires - Date.now()) / 1000));
  if (seconds < 120) return `in ${seconds} s`;
  if (seconds < 7200) return `in ${Math.round(seconds / 60)} min`;
  if (seconds < 172_800) return `in ${Math.round(seconds / 3600)} h`;
  return `on ${new Date(expires).toLocaleDateString()}`;
}
