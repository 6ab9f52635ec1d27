/** Dumps on their way to clients, by revision: those of one revision share their text. */
export class InFlightDumps {
  readonly #held = new Map<number, { readonly length: number; count: number }>();
  #bytes = 0;

  /** Of all texts that somebody holds. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Returns what ends it, to be called once. */
  hold(revision: number, length: number): () => void {
    const held = this.#held.get(revision) ?? { length, count: 0 };
    if (held.count++ === 0) {
      this.#held.set(revision, held);
      this.#bytes += length;
    }
    return () => {
      if (--held.count > 0) return;
      this.#held.delete(revision);
      this.#bytes -= held.length;
    };
  }
}
