/** The rows of a long list: only those in view are elements, however many there are. */

/** Pixels of a row, as style.css has them. */
const rowHeight = 28;
/** Rows above and below the view that are there already when somebody scrolls. */
const spare = 10;

/**
 * @typedef {object} Surroundings
 * @property {(key: string) => HTMLElement} make a row
 * @property {() => number} count of all rows
 * @property {(index: number) => string | undefined} at the key of a row
 */

export class Rows {
  #list;
  #scroll;
  /** By key. @type {Map<string, HTMLElement>} */
  #rows = new Map();
  /** @type {Surroundings} */
  #around;
  #drawing = 0;

  /**
   * @param {HTMLElement} list
   * @param {HTMLElement} scroll what scrolls it
   * @param {Surroundings} around
   */
  constructor(list, scroll, around) {
    this.#list = list;
    this.#scroll = scroll;
    this.#around = around;
    const later = () => {
      cancelAnimationFrame(this.#drawing);
      this.#drawing = requestAnimationFrame(() => this.draw());
    };
    scroll.addEventListener('scroll', later, { passive: true });
    new ResizeObserver(later).observe(scroll);
  }

  /** Rows that fit into the view. */
  get page() {
    return Math.max(1, Math.floor(this.#scroll.clientHeight / rowHeight) - 1);
  }

  /** The first row in view. */
  get first() {
    return Math.max(0, Math.floor(this.#scroll.scrollTop / rowHeight));
  }

  /** The row of a key, if it is in view. @param {string} key */
  of(key) {
    return this.#rows.get(key);
  }

  /** Moves by so many rows: what is in view stays, though rows came or went above it. @param {number} rows */
  shift(rows) {
    if (rows !== 0 && this.#scroll.scrollTop > 0) this.#scroll.scrollTop += rows * rowHeight;
  }

  /** Scrolls until a row is in view. @param {number} index */
  reveal(index) {
    const { scrollTop, clientHeight } = this.#scroll;
    const top = this.#list.offsetTop + index * rowHeight;
    if (top < scrollTop) this.#scroll.scrollTop = top;
    else if (top + rowHeight > scrollTop + clientHeight) this.#scroll.scrollTop = top + rowHeight - clientHeight;
  }

  /** Nothing that was shown is shown again. */
  clear() {
    this.#rows.clear();
    this.#list.replaceChildren();
    this.#scroll.scrollTop = 0;
  }

  /** Brings what is in view up to date. */
  draw() {
    const count = this.#around.count();
    this.#list.style.height = `${count * rowHeight}px`;
    const begin = Math.max(0, this.first - spare);
    const end = Math.min(count, this.first + this.page + 2 * spare);
    /** @type {Map<string, HTMLElement>} */
    const rows = new Map();
    for (let index = begin; index < end; index++) {
      const key = this.#around.at(index);
      if (key === undefined) break;
      const row = this.#rows.get(key) ?? this.#around.make(key);
      row.style.transform = `translateY(${index * rowHeight}px)`;
      row.ariaPosInSet = String(index + 1);
      row.ariaSetSize = String(count);
      rows.set(key, row);
    }
    for (const [key, row] of this.#rows) if (!rows.has(key)) row.remove();
    let before = null;
    // In their order, so that a screen reader reads them so.
    for (const row of [...rows.values()].reverse()) {
      if (row.nextSibling !== before || row.parentNode !== this.#list) this.#list.insertBefore(row, before);
      before = row;
    }
    this.#rows = rows;
  }
}
