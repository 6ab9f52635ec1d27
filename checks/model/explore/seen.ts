import type { Fingerprint } from '../world/fingerprint.ts';

/**
 * The states that were seen, as 64 bits of each and the number of the state it came from: 20 bytes a state. Two states
 * with the same bits count as one; among 10 million states that has a chance of about 3 in a million.
 */
export class Seen {
  /** Open addressing: a state's number plus 1; 0 is empty. */
  #slots = new Uint32Array(1 << 16);
  #high = new Uint32Array(1 << 15);
  #low = new Uint32Array(1 << 15);
  #parents = new Int32Array(1 << 15);
  #count = 0;

  get count(): number {
    return this.#count;
  }

  /** The number of the state, which is new when it is the count before the call. `parent`: -1 for the first. */
  add({ high, low }: Fingerprint, parent: number): number {
    const slot = this.#slotOf(high, low);
    const known = this.#slots[slot] ?? 0;
    if (known > 0) return known - 1;
    const number = this.#count++;
    this.#slots[slot] = number + 1;
    this.#high[number] = high;
    this.#low[number] = low;
    this.#parents[number] = parent;
    if (this.#count === this.#high.length) this.#grow();
    return number;
  }

  has(number: number, { high, low }: Fingerprint): boolean {
    return this.#high[number] === high && this.#low[number] === low;
  }

  /** The numbers of the states from the first one to this one. */
  pathTo(number: number): number[] {
    const path: number[] = [];
    for (let at = number; at >= 0; at = this.#parents[at] ?? -1) path.push(at);
    return path.reverse();
  }

  #slotOf(high: number, low: number): number {
    const mask = this.#slots.length - 1;
    let slot = low & mask;
    for (;;) {
      const known = this.#slots[slot] ?? 0;
      if (known === 0 || (this.#high[known - 1] === high && this.#low[known - 1] === low)) return slot;
      slot = (slot + 1) & mask;
    }
  }

  #grow(): void {
    this.#high = doubled(this.#high);
    this.#low = doubled(this.#low);
    const parents = new Int32Array(this.#parents.length * 2);
    parents.set(this.#parents);
    this.#parents = parents;
    this.#slots = new Uint32Array(this.#slots.length * 2);
    for (let i = 0; i < this.#count; i++) this.#slots[this.#slotOf(this.#high[i] ?? 0, this.#low[i] ?? 0)] = i + 1;
  }
}

function doubled(array: Uint32Array): Uint32Array<ArrayBuffer> {
  const larger = new Uint32Array(array.length * 2);
  larger.set(array);
  return larger;
}
