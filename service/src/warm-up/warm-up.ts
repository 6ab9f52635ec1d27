/**
 * Takes a new process through its own requests before it says that it is ready: code that V8 has compiled answers four times
 * as fast as code that it still interprets, and the first clients would pay for that (docs/adr/0242).
 */
import type { Logger } from 'pino';
import { Caller } from './caller.ts';
import { filling, readKept, round, withToken } from './samples.ts';
import type { StandIn } from './stand-in.ts';

/** Connections at once; each has one request under way, so that the event loop has turns for probes in between. */
const connections = 8;

/** Where the processor is short of time, so many milliseconds go by for one of work at most. */
const wallPerWork = 4;

export interface WarmUpOptions {
  /** Milliseconds of processor time at most; 0: there is no warm-up. */
  readonly budget: number;
  readonly open: () => Promise<StandIn>;
  readonly log: Pick<Logger, 'debug' | 'warn'>;
  /** Default: those of this process. */
  readonly time?: Time;
}

/** Milliseconds since some moment: of the processor, and of a clock that never goes back. */
export interface Time {
  readonly cpu: () => number;
  readonly wall: () => number;
}

const processTime: Time = {
  cpu() {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1000;
  },
  wall: () => performance.now(),
};

export class WarmUp {
  readonly #options: WarmUpOptions;
  readonly #stopped = new AbortController();
  #isOver: boolean;
  #ended: Promise<void> = Promise.resolve();

  constructor(options: WarmUpOptions) {
    this.#options = options;
    this.#isOver = options.budget === 0;
  }

  /** Resolves when it is over; never rejects. */
  get ended(): Promise<void> {
    return this.#ended;
  }

  /** Undefined once it is over. */
  notReady(): string | undefined {
    return this.#isOver ? undefined : 'The service is warming up.';
  }

  /** To be called once, when the process answers its liveness probe. */
  start(): void {
    if (!this.#isOver) this.#ended = this.#run();
  }

  /** Ends it early. Resolves when nothing of it is left. */
  stop(): Promise<void> {
    this.#stopped.abort();
    return this.#ended;
  }

  async #run(): Promise<void> {
    const { budget, open, log, time = processTime } = this.#options;
    const began = time.cpu();
    const latest = time.wall() + budget * wallPerWork;
    const spent = () => time.cpu() - began;
    const { signal } = this.#stopped;
    try {
      const requests = await callAll(open, () => signal.aborted || spent() >= budget || time.wall() >= latest);
      log.debug({ requests, ms: Math.round(spent()) }, 'warmed up');
    } catch (err) {
      // The process serves all the same, more slowly at first.
      log.warn({ err }, 'The warm-up failed: the first requests may be slow.');
    } finally {
      this.#isOver = true;
    }
  }
}

async function callAll(open: WarmUpOptions['open'], isOver: () => boolean): Promise<number> {
  await using standIn = await open();
  let rounds = 0;
  let requests = 0;
  using first = await Caller.connect(standIn.port);
  await first.call(withToken(filling(), standIn.token));
  const [, etag = ''] = /\r\netag: (\S+)/i.exec(await first.call(withToken(readKept(), standIn.token))) ?? [];
  const call = async () => {
    using caller = await Caller.connect(standIn.port);
    while (!isOver()) {
      for (const request of round(rounds++, etag)) {
        if (isOver()) return;
        await caller.call(withToken(request, standIn.token));
        requests++;
      }
    }
  };
  await Promise.all(Array.from({ length: connections }, call));
  return requests;
}
