/** The keys that are shown: a part of the store's keys, in its order, kept up to date by what is watched. */

/**
 * By UTF-8 bytes, which is by code points: as the service orders keys.
 * @param {string} a
 * @param {string} b
 */
export function compareKeys(a, b) {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const left = a.charCodeAt(i);
    const right = b.charCodeAt(i);
    if (left !== right) return order(left) - order(right);
  }
  return a.length - b.length;
}

/** Halves of pairs stand for code points beyond all others. @param {number} unit of UTF-16 */
function order(unit) {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}

/** Keys that changes alone may add to the list; what lies behind is loaded when somebody scrolls there. */
const mostLive = 10_000;

export class Keys {
  /** @type {string[]} */
  #keys = [];
  /** Keys that were loaded as pages: these stay. */
  #loaded = 0;
  /** Whether more keys follow that are not loaded. */
  more = false;

  get length() {
    return this.#keys.length;
  }

  /** @param {number} index */
  at(index) {
    return index < 0 ? undefined : this.#keys[index];
  }

  /**
   * Where a key is, or would be.
   * @param {string} key
   * @returns {{ index: number, found: boolean }}
   */
  find(key) {
    let [low, high] = [0, this.#keys.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (compareKeys(this.#keys[middle] ?? '', key) < 0) low = middle + 1;
      else high = middle;
    }
    return { index: low, found: this.#keys[low] === key };
  }

  /**
   * A further page.
   * @param {readonly string[]} keys
   * @param {boolean} more
   */
  append(keys, more) {
    // What was watched meanwhile may be a part of the page.
    const last = this.#keys.at(-1);
    const behind = last === undefined ? keys : keys.filter((key) => compareKeys(key, last) > 0);
    this.#keys = this.#keys.concat(behind);
    this.#loaded = this.#keys.length;
    this.more = more;
  }

  /**
   * Notes many changes at once, in one pass over the list. A key behind the last loaded one belongs to a page that is not
   * loaded yet.
   * @param {ReadonlyMap<string, boolean>} changes by key, whether it exists
   */
  apply(changes) {
    const gone = new Set();
    /** @type {string[]} */
    const come = [];
    for (const [key, exists] of changes) {
      const { index, found } = this.find(key);
      if (found && !exists) gone.add(key);
      if (!found && exists && !(this.more && index === this.#keys.length)) come.push(key);
    }
    if (gone.size > 0) this.#keys = this.#keys.filter((key) => !gone.has(key));
    if (come.length > 0) this.#merge(come.sort(compareKeys));
    const most = Math.max(mostLive, this.#loaded);
    if (this.#keys.length <= most) return;
    this.#keys.length = most;
    this.more = true;
  }

  /** @param {readonly string[]} come in their order, none of them in the list */
  #merge(come) {
    /** @type {string[]} */
    const merged = [];
    let start = 0;
    for (const key of come) {
      const { index } = this.find(key);
      for (; start < index; start++) merged.push(/** @type {string} */ (this.#keys[start]));
      merged.push(key);
    }
    for (; start < this.#keys.length; start++) merged.push(/** @type {string} */ (this.#keys[start]));
    this.#keys = merged;
  }
}
