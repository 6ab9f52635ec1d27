/** The bytes of a text that is kept, one copy for all clients that are sent it. */
export class SharedBytes {
  #bytes: Buffer | undefined;

  /** Made when they are first sent: many a text that is kept is not asked for again. */
  of(text: string, encoding: 'latin1' | 'utf8'): Buffer {
    if (this.#bytes === undefined) {
      // None of Node's pool, which would be kept with them.
      this.#bytes = Buffer.allocUnsafeSlow(Buffer.byteLength(text, encoding));
      this.#bytes.write(text, encoding);
    }
    return this.#bytes;
  }
}
