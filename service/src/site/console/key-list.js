/** The list of keys: searched, paged, chosen from, and kept up to date, once for each frame however much happens. */
import { searchKeys } from './api.js';
import { byId, flash, messageOf } from './dom.js';
import { Keys } from './keys.js';
import { Rows } from './rows.js';
import { shownKey, shownParts } from './shown-key.js';
import { watch } from './watch.js';

const pageSize = 200;
/** Milliseconds that a list waits for its watch: without one it is shown all the same. */
const watchWait = 1500;
/** Changed keys that wait for a hidden page; when there are more, the list is read anew. */
const mostWaiting = 50_000;
/** Rows that flash at once: more say no more. */
const mostFlashes = 20;

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
  /** Changes that the list does not show yet: by key, whether it exists. @type {Map<string, boolean>} */
  #waiting = new Map();
  /** The list is not there yet, and changes wait for it. */
  #early = false;
  #scheduled = false;
  /** @type {string | undefined} */
  #chosen;
  #ids = 0;
  #list = byId('list', HTMLDivElement);
  #more = byId('more', HTMLButtonElement);
  #empty = byId('empty', HTMLParagraphElement);
  #count = byId('count', HTMLParagraphElement);
  #rows = new Rows(this.#list, byId('scroll', HTMLDivElement), {
    make: (key) => this.#row(key),
    count: () => this.#keys.length,
    at: (index) => this.#keys.at(index),
  });
  /** @type {Surroundings} */
  #around;

  /** @param {Surroundings} around */
  constructor(around) {
    this.#around = around;
    this.#list.addEventListener('click', ({ target }) => {
      const row = target instanceof Element ? target.closest('[role=option]') : null;
      const key = row instanceof HTMLElement ? row.dataset.key : undefined;
      if (key !== undefined) this.#around.choose(key, 'list');
    });
    this.#list.addEventListener('keydown', (event) => this.#onKey(event));
    this.#more.addEventListener('click', () => void this.#loadMore());
    // The button comes into view at the end of the list: then the next page is wanted.
    const seen = new IntersectionObserver(
      (entries) => entries.some((each) => each.isIntersecting) && void this.#loadMore(),
    );
    seen.observe(this.#more);
  }

  /** What is searched for. */
  get filter() {
    return this.#filter;
  }

  /**
   * Shows the keys that hold. What an earlier search still brings is dropped.
   * @param {import('./api.js').Filter} filter
   */
  async search(filter) {
    this.#search.abort();
    this.#search = new AbortController();
    const { signal } = this.#search;
    this.#filter = filter;
    this.#begin();
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
        this.#begin();
        void this.#read(signal);
      },
      /** @param {import('./watch.js').State} state */
      state: (state) => !signal.aborted && this.#around.state(state),
      /** @param {unknown} error */
      failed: (error) => !signal.aborted && this.#around.failed(error),
    };
    // The watch first, then the list: so nothing that happens in between is missed.
    const waited = new Promise((resolve) => setTimeout(resolve, watchWait));
    await Promise.race([watch(filter, listener, signal), waited]);
    await this.#read(signal);
  }

  /** What changes from now on is kept until the list is there. */
  #begin() {
    this.#waiting = new Map();
    this.#early = true;
    this.#list.ariaBusy = 'true';
    this.#count.textContent = 'Loading…';
  }

  /** Reads the list from its beginning. @param {AbortSignal} signal */
  async #read(signal) {
    if (signal.aborted) return;
    try {
      const page = await searchKeys(this.#filter, undefined, pageSize, signal);
      if (signal.aborted) return;
      this.#keys = new Keys();
      this.#rows.clear();
      this.#early = false;
      this.#append(page);
      this.#schedule();
    } catch (error) {
      if (signal.aborted) return;
      this.#keys = new Keys();
      this.#rows.clear();
      this.#describe();
      this.#count.textContent = '';
      this.#empty.textContent = `The keys could not be read. ${messageOf(error)}`;
      this.#around.failed(error);
    } finally {
      if (!signal.aborted) this.#list.ariaBusy = 'false';
    }
  }

  /** Marks a key as chosen, in the list or not. @param {string | undefined} key */
  mark(key) {
    if (this.#chosen !== undefined) this.#rows.of(this.#chosen)?.setAttribute('aria-selected', 'false');
    this.#chosen = key;
    const { index, found } = key === undefined ? { index: 0, found: false } : this.#keys.find(key);
    if (found) {
      this.#rows.reveal(index);
      this.#rows.draw();
    }
    this.#select();
  }

  focus() {
    this.#list.focus();
  }

  /** Ends the watch: nothing is shown any more. */
  clear() {
    this.#search.abort();
    this.#keys = new Keys();
    this.#rows.clear();
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
    this.#rows.draw();
    this.#describe();
    this.#select();
  }

  /** @param {import('./watch.js').Change} change */
  #note(change) {
    this.#waiting.set(change.key, change.exists);
    if (!this.#early) this.#schedule();
  }

  /** What waits is shown with the next frame; on a page that is not seen, soon. */
  #schedule() {
    if (this.#scheduled || this.#waiting.size === 0) return;
    this.#scheduled = true;
    const show = () => {
      this.#scheduled = false;
      if (!this.#early) this.#show();
    };
    if (document.hidden) setTimeout(show, 500);
    else requestAnimationFrame(show);
  }

  #show() {
    const changes = this.#waiting;
    this.#waiting = new Map();
    if (changes.size > mostWaiting) {
      void this.search(this.#filter);
      return;
    }
    const anchor = this.#keys.at(this.#rows.first);
    const before = this.#rows.first;
    this.#keys.apply(changes);
    if (anchor !== undefined) this.#rows.shift(this.#keys.find(anchor).index - before);
    this.#rows.draw();
    this.#describe();
    this.#select();
    let flashes = 0;
    for (const [key, exists] of changes) {
      const row = exists ? this.#rows.of(key) : undefined;
      if (row === undefined) continue;
      flash(row);
      if (++flashes === mostFlashes) break;
    }
  }

  /** The chosen key's row, when it is in view. */
  #select() {
    const row = this.#chosen === undefined ? undefined : this.#rows.of(this.#chosen);
    row?.setAttribute('aria-selected', 'true');
    if (row === undefined) this.#list.removeAttribute('aria-activedescendant');
    else this.#list.setAttribute('aria-activedescendant', row.id);
  }

  /** @param {string} key */
  #row(key) {
    const row = document.createElement('div');
    row.id = `key-${++this.#ids}`;
    row.role = 'option';
    row.ariaSelected = String(key === this.#chosen);
    row.title = shownKey(key);
    row.dataset.key = key;
    row.append(...shownParts(key, this.#filter));
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

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    const { index, found } = this.#chosen === undefined ? { index: -1, found: true } : this.#keys.find(this.#chosen);
    const last = this.#keys.length - 1;
    /** @type {Record<string, number>} */
    const targets = {
      ArrowDown: found ? Math.min(index + 1, last) : index,
      ArrowUp: Math.max(index - 1, 0),
      PageDown: Math.min(index + this.#rows.page, last),
      PageUp: Math.max(index - this.#rows.page, 0),
      Home: 0,
      End: last,
    };
    const target = targets[event.key];
    if (target === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    if (target >= last - 5) void this.#loadMore();
    const key = this.#keys.at(target);
    if (key !== undefined) this.#around.choose(key, 'list');
  }
}
