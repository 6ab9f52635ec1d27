/**
 * Is a lease worth having? Reads by lease cost nothing and the barrier's cost a call of etcd; a write costs one message
 * between replicas more as long as any of them has a lease. Both are counted, and what is some seconds old counts less.
 */

/** What is left of a count after a tick. */
const decay = 0.9;
/** Reads below which a lease is not taken. */
const fewReads = 5;
/** A lease is taken when reads are so many times more than writes, and kept until they are fewer than writes. */
const manyMore = 4;
/**
 * As soon as anything is written, no more reads count than so many times the writes, or than 40: a lease then ends some
 * seconds after a store that was read without end begins to be written without end.
 */
const mostTimes = 8;
/** Below it nothing has been read for about half a minute. */
const idle = 0.5;

export class Demand {
  #reads = 0;
  #writes = 0;

  read(): void {
    this.#reads++;
  }

  /** A revision of the store, by any replica. */
  written(): void {
    this.#writes++;
  }

  /** Every half second. */
  tick(): void {
    if (this.#writes > 0) this.#reads = Math.min(this.#reads, mostTimes * Math.max(this.#writes, fewReads));
    this.#reads *= decay;
    this.#writes *= decay;
  }

  get isWanted(): boolean {
    return this.#reads >= fewReads && this.#reads > manyMore * this.#writes;
  }

  /** Why a lease should end; undefined: it should not. */
  get surplus(): 'idle' | 'writes' | undefined {
    if (this.#reads < idle) return 'idle';
    return this.#reads < this.#writes ? 'writes' : undefined;
  }
}
