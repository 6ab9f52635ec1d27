/** The keys that are shown: a part of the store's keys, in its order, kept up to date by what is watched. */

/**
 * By UTF-8 bytes, which is by code points: as the service orders keys.
 * @param {string} a
 * @param {string} b
 */
export function compareKeys(a, b) {
  const [left, right] = [[...a], [...b]];
  const length = Math.min(left.length, right.length);
  for (let i = 0; i < length; i++) {
    const difference = (left[i]?.codePointAt(0) ?? 0) - (right[i]?.codePointAt(0) ?? 0);
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}

export class Keys {
  /** @type {string[]} */
  #keys = [];
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
    this.#keys.push(...keys);
    this.more = more;
  }

  /**
   * Notes a key that exists. Behind the last loaded one it belongs to a page that is not loaded yet.
   * @param {string} key
   * @returns {number | undefined} where it was put in
   */
  add(key) {
    const { index, found } = this.find(key);
    if (found || (this.more && index === this.#keys.length)) return undefined;
    this.#keys.splice(index, 0, key);
    return index;
  }

  /**
   * @param {string} key
   * @returns {number | undefined} where it was
   */
  remove(key) {
    const { index, found } = this.find(key);
    if (!found) return undefined;
    this.#keys.splice(index, 1);
    return index;
  }
}
