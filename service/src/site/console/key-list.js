/** The list of keys: searched, paged, chosen from, and kept up to date. */
import { searchKeys } from './api.js';
import { byId, flash } from './dom.js';
import { Keys } from './keys.js';
import { watch } from './watch.js';

const pageSize = 200;
/** Milliseconds that a list waits for its watch: without one it is shown all the same. */
const watchPatience = 1500;

/**
 * @typedef {object} Surroundings
 * @property {(key: string, from: 'list' | 'change') => void} choose
 * @property {(change: import('./watch.js').Change) => void} change
 * @property {() => void} gap
 * @property {(state: import('./watch.js').State) => void} state
 * @property {(error: unknown) => void} failed
 */

export class KeyList {
  #keys = new Keys();
  /** @type {import('./api.js').Filter} */
  #filter = { prefix: '', suffix: '' };
  #search = new AbortController();
  #loading = false;
  /** Changes that came before the list they belong to. @type {import('./watch.js').Change[] | undefined} */
  #early;
  /** @type {string | undefined} */
  #chosen;
  #ids = 0;
  #list = byId('list', HTMLDivElement);
  #more = byId('more', HTMLButtonElement);
  #empty = byId('empty', HTMLParagraphElement);
  #count = byId('count', HTMLParagraphElement);
  /** @type {Surroundings} */
  #around;

  /** @param {Surroundings} around */
  constructor(around) {
    this.#around = around;
    this.#list.addEventListener('click', (event) => this.#chooseAt(this.#indexOf(event.target)));
    this.#list.addEventListener('keydown', (event) => this.#onKey(event));
    this.#more.addEventListener('click', () => void this.#loadMore());
    // The button comes into view at the end of the list: then the next page is wanted.
    const seen = new IntersectionObserver(
      (entries) => entries.some((each) => each.isIntersecting) && void this.#loadMore(),
    );
    seen.observe(this.#more);
  }

  /**
   * Shows the keys that hold. What an earlier search still brings is dropped.
   * @param {import('./api.js').Filter} filter
   */
  async search(filter) {
    this.#search.abort();
    this.#search = new AbortController();
    const { signal } = this.#search;
    this.#early = [];
    const listener = {
      /** @param {import('./watch.js').Change} change */
      change: (change) => {
        if (signal.aborted) return;
        this.#note(change);
        this.#around.change(change);
      },
      gap: () => {
        if (signal.aborted) return;
        this.#around.gap();
        void this.search(filter);
      },
      /** @param {import('./watch.js').State} state */
      state: (state) => !signal.aborted && this.#around.state(state),
      /** @param {unknown} error */
      failed: (error) => !signal.aborted && this.#around.failed(error),
    };
    // The watch first, then the list: so nothing that happens in between is missed.
    const patience = new Promise((resolve) => setTimeout(resolve, watchPatience));
    await Promise.race([watch(filter, listener, signal), patience]);
    try {
      const page = await searchKeys(filter, undefined, pageSize, signal);
      if (signal.aborted) return;
      this.#filter = filter;
      this.#keys = new Keys();
      this.#list.replaceChildren();
      this.#append(page);
      byId('scroll', HTMLDivElement).scrollTop = 0;
      const early = this.#early ?? [];
      this.#early = undefined;
      for (const change of early) this.#note(change);
    } catch (error) {
      if (!signal.aborted) this.#around.failed(error);
    }
  }

  /** Marks a key as chosen, in the list or not. @param {string | undefined} key */
  mark(key) {
    this.#chosen = key;
    for (const row of this.#list.querySelectorAll('[aria-selected="true"]')) row.setAttribute('aria-selected', 'false');
    const { index, found } = key === undefined ? { index: 0, found: false } : this.#keys.find(key);
    const row = found ? this.#list.children[index] : undefined;
    row?.setAttribute('aria-selected', 'true');
    row?.scrollIntoView({ block: 'nearest' });
    if (row === undefined) this.#list.removeAttribute('aria-activedescendant');
    else this.#list.setAttribute('aria-activedescendant', row.id);
  }

  focus() {
    this.#list.focus();
  }

  /** Ends the watch: nothing is shown any more. */
  clear() {
    this.#search.abort();
    this.#keys = new Keys();
    this.#list.replaceChildren();
    this.#more.hidden = true;
    this.#empty.hidden = true;
    this.#count.textContent = '';
  }

  async #loadMore() {
    if (this.#loading || !this.#keys.more) return;
    const { signal } = this.#search;
    this.#loading = true;
    try {
      const last = this.#keys.at(this.#keys.length - 1);
      const page = await searchKeys(this.#filter, last, pageSize, signal);
      if (!signal.aborted) this.#append(page);
    } catch (error) {
      if (!signal.aborted) this.#around.failed(error);
    } finally {
      this.#loading = false;
    }
  }

  /** @param {{ keys: string[], more: boolean }} page */
  #append({ keys, more }) {
    this.#keys.append(keys, more);
    this.#list.append(...keys.map((key) => this.#row(key)));
    this.#describe();
    this.mark(this.#chosen);
  }

  /** @param {import('./watch.js').Change} change */
  #note(change) {
    if (this.#early !== undefined) {
      this.#early.push(change);
      return;
    }
    if (change.text === undefined) {
      const index = this.#keys.remove(change.key);
      if (index !== undefined) this.#list.children[index]?.remove();
    } else {
      const index = this.#keys.add(change.key);
      if (index !== undefined) this.#list.insertBefore(this.#row(change.key), this.#list.children[index] ?? null);
      this.#flash(change.key);
    }
    this.#describe();
    if (change.key === this.#chosen) this.mark(this.#chosen);
  }

  /** @param {string} key */
  #flash(key) {
    const { index, found } = this.#keys.find(key);
    const row = found ? this.#list.children[index] : undefined;
    if (row !== undefined) flash(row);
  }

  /** @param {string} key */
  #row(key) {
    const row = document.createElement('div');
    row.id = `key-${++this.#ids}`;
    row.role = 'option';
    row.ariaSelected = 'false';
    row.title = key;
    const { prefix, suffix } = this.#filter;
    const end = Math.max(prefix.length, key.length - suffix.length);
    for (const [text, matched] of /** @type {const} */ ([
      [key.slice(0, prefix.length), true],
      [key.slice(prefix.length, end), false],
      [key.slice(end), true],
    ])) {
      const part = document.createElement(matched ? 'mark' : 'span');
      part.textContent = text;
      if (text !== '') row.append(part);
    }
    return row;
  }

  #describe() {
    const { length, more } = this.#keys;
    const counted = `${length.toLocaleString('en')} ${length === 1 ? 'key' : 'keys'}`;
    this.#count.textContent = more ? `First ${counted}` : counted;
    this.#more.hidden = !more;
    this.#empty.hidden = length > 0;
    const all = this.#filter.prefix === '' && this.#filter.suffix === '';
    this.#empty.textContent = all ? 'Nothing is stored yet.' : 'No key fits.';
  }

  /** @param {EventTarget | null} target */
  #indexOf(target) {
    const row = target instanceof Element ? target.closest('[role=option]') : null;
    return row === null ? -1 : [...this.#list.children].indexOf(row);
  }

  /** @param {number} index */
  #chooseAt(index) {
    const key = this.#keys.at(index);
    if (key !== undefined) this.#around.choose(key, 'list');
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    const { index, found } = this.#chosen === undefined ? { index: -1, found: true } : this.#keys.find(this.#chosen);
    const last = this.#keys.length - 1;
    /** @type {Record<string, number>} */
    const targets = {
      ArrowDown: found ? Math.min(index + 1, last) : index,
      ArrowUp: Math.max(index - 1, 0),
      PageDown: Math.min(index + 15, last),
      PageUp: Math.max(index - 15, 0),
      Home: 0,
      End: last,
    };
    const target = targets[event.key];
    if (target === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    if (target >= last - 5) void this.#loadMore();
    this.#chooseAt(target);
  }
}
