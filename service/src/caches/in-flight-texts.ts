/** Texts on their way to clients: what several clients are sent at once counts once. */
export class InFlightTexts {
  readonly #held = new Map<unknown, { readonly length: number; count: number }>();
  #bytes = 0;

  /** Of all texts that somebody holds. */
  get bytes(): number {
    return this.#bytes;
  }

  /** `text`: what says that two texts are the same one. Returns what ends it, to be called once. */
  hold(text: unknown, length: number): () => void {
    const held = this.#held.get(text) ?? { length, count: 0 };
    if (held.count++ === 0) {
      this.#held.set(text, held);
      this.#bytes += length;
    }
    return () => {
      if (--held.count > 0) return;
      this.#held.delete(text);
      this.#bytes -= held.length;
    };
  }
}
