/** Whether the server is shutting down. */
export class Drain {
  readonly #begun = new AbortController();
  #draining = false;

  /** Asked of every request. */
  get draining(): boolean {
    return this.#draining;
  }

  /** Aborted when it begins: what would go on without end has to end. */
  get begun(): AbortSignal {
    return this.#begun.signal;
  }

  begin(): void {
    this.#draining = true;
    this.#begun.abort();
  }
}
