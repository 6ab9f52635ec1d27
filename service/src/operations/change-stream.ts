/** One watch's answer: changes as events, signs of life between them, and an end that says why. */
import { once } from 'node:events';
import type { Writable } from 'node:stream';
import { idOf, type Position } from '../answers/entity-tag.ts';
import { oneLine } from '../answers/pair-line.ts';
import { problemText } from '../answers/problem.ts';
import { Problem } from '../errors.ts';
import type { Change, Revision, Store, Watch, Watcher } from '../store/store.ts';

export interface ChangeStreamLimits {
  /** Milliseconds between signs of life. */
  readonly heartbeat: number;
  /** Bytes that may wait for one client, except for a moment; a client that takes less than happens is cut off. */
  readonly maxBacklog: number;
  /** Milliseconds in which a client that catches up must take something. */
  readonly stallTimeout: number;
}

export interface ChangeStreamOptions {
  /** What the client receives. */
  readonly to: Writable;
  readonly filter: { readonly prefix: string; readonly suffix: string };
  readonly position: Position;
  readonly limits: ChangeStreamLimits;
  /** Called with what ended it, when that was not the client. */
  readonly onProblem: (problem: Problem) => void;
  /** Unix milliseconds. */
  readonly wall?: () => number;
}

/** Milliseconds in which a client may catch up with what happened at once. */
const catchUpTime = 1000;
/** Backlogs that are too much even for a moment. */
const mostBacklogs = 16;

export class ChangeStream {
  readonly #options: ChangeStreamOptions;
  readonly #wall: () => number;
  #watch: Watch | undefined;
  #heartbeat: NodeJS.Timeout | undefined;
  /** Set while the client has more to take; one for all writes, however many come meanwhile. */
  #draining: Promise<void> | undefined;
  #ended = false;
  /** When more than the backlog began to wait. */
  #behindSince: number | undefined;

  constructor(options: ChangeStreamOptions) {
    this.#options = options;
    this.#wall = options.wall ?? Date.now;
  }

  /** Resolves when the stream has begun, with `begin` called first. Rejects with the Problem of one that cannot. */
  async open(store: Store, begin: () => void): Promise<void> {
    const { to, position, limits } = this.#options;
    const opened = Promise.withResolvers<void>();
    let open = false;
    const watcher: Watcher = {
      opened: () => {
        open = true;
        begin();
        this.#write(`: watching\nid: ${idOf(position)}\n\n`);
        this.#heartbeat = setInterval(() => this.#beat(), limits.heartbeat);
        opened.resolve();
      },
      revision: (revision) => this.#notify(revision),
      end: (problem) => {
        if (open) this.end(problem);
        else opened.reject(problem);
      },
    };
    this.#watch = store.watch(position.after, watcher, position.timeline);
    to.once('close', () => {
      this.#stop();
      opened.resolve();
    });
    await opened.promise;
  }

  /** The last event, and the end. A client that does not take it is cut off. */
  end(problem: Problem): void {
    if (this.#ended) return;
    this.#stop();
    const { to, limits, onProblem } = this.#options;
    onProblem(problem);
    to.end(`event: error\ndata: ${problemText(problem)}\n\n`);
    const cut = setTimeout(() => to.destroy(), limits.stallTimeout);
    to.once('close', () => clearTimeout(cut));
  }

  #stop(): void {
    this.#ended = true;
    clearInterval(this.#heartbeat);
    this.#watch?.close();
  }

  /** Tells also how far the watch has come, so that a client that hears nothing for long can go on from here. */
  #beat(): void {
    const { position } = this.#options;
    const after = this.#watch?.position ?? 0;
    const reached = after > position.after ? { ...position, after, skip: 0 } : position;
    this.#write(`: alive\nid: ${idOf(reached)}\n\n`);
  }

  #notify({ revision, changes }: Revision): Promise<void> | void {
    const { position, filter } = this.#options;
    const skip = revision === position.after + 1 ? position.skip : 0;
    let text = '';
    for (const [i, change] of changes.entries()) {
      if (i < skip) continue;
      if (!change.key.startsWith(filter.prefix) || !change.key.endsWith(filter.suffix)) continue;
      // Its end is told when it is removed.
      if (change.expires !== undefined && change.expires <= this.#wall()) continue;
      const id = i === changes.length - 1 ? { after: revision, skip: 0 } : { after: revision - 1, skip: i + 1 };
      text += eventText(change, idOf({ timeline: position.timeline, ...id }));
    }
    if (text !== '') return this.#write(text);
  }

  /** The promise is for those who can wait: it resolves when the client has taken what it was sent. */
  #write(text: string): Promise<void> | void {
    const { to, limits } = this.#options;
    if (this.#ended) return;
    if (this.#isSlow()) {
      const problem = new Problem('slow-consumer', `More than ${limits.maxBacklog} bytes wait for this client.`);
      return this.end(problem);
    }
    if (to.write(text)) return;
    this.#draining ??= this.#drained().finally(() => {
      this.#draining = undefined;
    });
    return this.#draining;
  }

  /** Much may happen at once; who has not caught up after a moment takes less than happens. */
  #isSlow(): boolean {
    const { to, limits } = this.#options;
    const waiting = to.writableLength;
    if (waiting <= limits.maxBacklog) {
      this.#behindSince = undefined;
      return false;
    }
    this.#behindSince ??= performance.now();
    return waiting > mostBacklogs * limits.maxBacklog || performance.now() - this.#behindSince > catchUpTime;
  }

  async #drained(): Promise<void> {
    const { to, limits } = this.#options;
    const stalled = new AbortController();
    const timer = setTimeout(() => stalled.abort(), limits.stallTimeout);
    try {
      await Promise.race([
        once(to, 'drain', { signal: stalled.signal }),
        once(to, 'close', { signal: stalled.signal }),
      ]);
    } catch {
      this.end(new Problem('slow-consumer', `Nothing was taken for ${limits.stallTimeout} ms.`));
    } finally {
      clearTimeout(timer);
      stalled.abort();
    }
  }
}

function eventText({ key, value, revision, expires }: Change, id: string): string {
  const name = value === undefined ? 'delete' : 'set';
  const members = [`"key":${JSON.stringify(key)}`];
  // White space between the tokens of JSON that something else has put into etcd would end the line.
  if (value !== undefined) members.push(`"value":${oneLine(value)}`);
  members.push(`"revision":${revision}`);
  if (expires !== undefined) members.push(`"expires":${expires}`);
  return `event: ${name}\nid: ${id}\ndata: {${members.join(',')}}\n\n`;
}
