/**
 * Opens the connections of a crowd behind those of others. The system hands over one new connection in each turn of the event
 * loop. To open it, read its first bytes and answer takes many times longer than to take it, so a probe behind 2,000 clients that
 * connect at once would wait for all that these send. Here connections are taken first: while one comes in each turn, an address
 * that has opened many in the crowd opens few, and what it has beyond that waits. A new address does not wait.
 */
import type { Server } from 'node:http';

/** Connections that each address opens in a crowd before its next ones wait. */
const fewOpened = 16;

/** Connections that wait and are opened: one in so many turns while others come, and so many in a turn when none does. */
const turnsPerOpening = 16;
const openingsPerTurn = 16;

/** Connections that may wait. When there are more, each turn opens one, as Node does: they may come without an end. */
const mostWaiting = 4096;

/** A connection that the system has handed over, and Node's listening handle, which has no documented name. */
interface Accepted {
  getpeername?(into: { address?: string }): number;
  close(): void;
}

interface Handle {
  onconnection: (this: Handle, error: number, accepted: Accepted) => void;
}

export interface OpeningsOptions {
  /** Called for each connection when it is taken. */
  readonly onAccepted: () => void;
  /** Calls back when what has come in is done. */
  readonly nextTurn?: (run: () => void) => void;
}

export class Openings {
  readonly #onAccepted: () => void;
  readonly #nextTurn: (run: () => void) => void;
  #open: (accepted: Accepted) => void = (accepted) => accepted.close();
  /** By their client's address. The addresses take turns. */
  readonly #waiting = new Map<string, Accepted[]>();
  #count = 0;
  /** Since the crowd began, by address. */
  readonly #opened = new Map<string, number>();
  #hasAccepted = false;
  /** Turns in a row in which a connection came. */
  #crowdedTurns = 0;
  #isScheduled = false;
  #isStopped = false;
  #isListening = () => true;

  constructor({ onAccepted, nextTurn = setImmediate }: OpeningsOptions) {
    this.#onAccepted = onAccepted;
    this.#nextTurn = nextTurn;
  }

  /** To be called when the server listens, once. */
  watch(server: Pick<Server, 'listening'>): void {
    const { _handle: handle } = server as { readonly _handle?: Handle };
    if (handle === undefined) return;
    this.#isListening = () => server.listening;
    const { onconnection: open } = handle;
    this.#open = (accepted) => open.call(handle, 0, accepted);
    handle.onconnection = (error, accepted) => {
      if (error !== 0) open.call(handle, error, accepted);
      else this.#accept(accepted);
    };
  }

  /** All are opened at once, and so are those that still come. */
  stop(): void {
    this.#isStopped = true;
    while (this.#count > 0) this.#openNext();
  }

  #accept(accepted: Accepted): void {
    this.#onAccepted();
    this.#hasAccepted = true;
    this.#schedule();
    if (this.#isStopped || !this.#waits(accepted)) this.#open(accepted);
  }

  /** Most connections do not come in a crowd, and nothing is asked about those. */
  #waits(accepted: Accepted): boolean {
    if (this.#crowdedTurns === 0) return false;
    const peer: { address?: string } = {};
    accepted.getpeername?.(peer);
    const { address = '' } = peer;
    const waiting = this.#waiting.get(address);
    const opened = this.#opened.get(address) ?? 0;
    if (waiting === undefined && opened < fewOpened) {
      this.#opened.set(address, opened + 1);
      return false;
    }
    if (waiting === undefined) this.#waiting.set(address, [accepted]);
    else waiting.push(accepted);
    this.#count++;
    return true;
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    this.#nextTurn(() => {
      this.#isScheduled = false;
      this.#endTurn();
    });
  }

  #endTurn(): void {
    const isCrowded = this.#hasAccepted;
    this.#hasAccepted = false;
    if (!this.#isListening()) this.#close();
    this.#crowdedTurns = isCrowded ? this.#crowdedTurns + 1 : 0;
    for (let i = this.#openingsNow(isCrowded); i > 0 && this.#count > 0; i--) this.#openNext();
    if (isCrowded || this.#count > 0) this.#schedule();
    else this.#opened.clear();
  }

  #openingsNow(isCrowded: boolean): number {
    if (!isCrowded) return openingsPerTurn;
    return this.#count > mostWaiting || this.#crowdedTurns % turnsPerOpening === 0 ? 1 : 0;
  }

  #openNext(): void {
    for (const [address, waiting] of this.#waiting) {
      const next = waiting.shift();
      this.#waiting.delete(address);
      if (waiting.length > 0) this.#waiting.set(address, waiting);
      if (next === undefined) continue;
      this.#count--;
      this.#open(next);
      return;
    }
  }

  /** The server has ended, and has cut its other connections. */
  #close(): void {
    for (const waiting of this.#waiting.values()) for (const accepted of waiting) accepted.close();
    this.#waiting.clear();
    this.#count = 0;
  }
}
