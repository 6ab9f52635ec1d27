/** Whether the server is shutting down. */
export class Drain {
  readonly #begun = new AbortController();

  get draining(): boolean {
    return this.#begun.signal.aborted;
  }

  /** Aborted when it begins: what would go on without end has to end. */
  get begun(): AbortSignal {
    return this.#begun.signal;
  }

  begin(): void {
    this.#begun.abort();
  }
}
