/** The bytes of a text that is kept, one copy for all clients that are sent it. */
export class SharedBytes {
  #bytes: Buffer | undefined;

  /** Made when they are first sent: many a text that is kept is not asked for again. */
  of(text: string, encoding: 'latin1' | 'utf8'): Buffer {
    this.#bytes ??= Buffer.from(text, encoding);
    return this.#bytes;
  }
}
