/** Reads that may be larger than memory: one snapshot, read in slices as fast as the client takes them. */
import { overloaded, Problem } from '@kvstore/core/problem.ts';
import type { Registry } from 'prom-client';
import { type Answer, forBrowsers, textAnswer } from '../../answers/answer.ts';
import { ByteBudget } from '../../flow-control/byte-budget.ts';
import { observedGauge } from '../../observed-gauge.ts';
import type { Snapshot, Store } from '../../store/store.ts';

/** Characters of a slice; a smaller answer is sent whole, with its length. */
const sliceSize = 64 * 1024;

/** Milliseconds of work after which a slice ends early, so that other requests have their turn. */
const sliceTime = 5;

/** The headers of the answer, and its text in pieces. An empty piece says that others can have their turn. */
export interface Pieces {
  readonly headers: readonly string[];
  readonly pieces: Iterable<string>;
}

/** Notes bytes that are kept until the client has taken the answer, or left. Throws Problem `overloaded`: there is no room. */
export type Hold = (bytes: number) => void;

/** Rejects with Problem `overloaded` when too many are under way, or hold too much. */
export type LongRead = (read: (view: Snapshot, hold: Hold) => Pieces | Promise<Pieces>) => Promise<Answer>;

export interface LongReadLimits {
  /** Long reads at once. */
  readonly most: number;
  /** Milliseconds that an answer may read one state of the store for. */
  readonly maxAge: number;
  /** Bytes that the data file may grow by meanwhile: a snapshot keeps disk pages from being used again. */
  readonly maxGrowth: number;
}

/** An answer that its client takes. */
interface OpenRead {
  readonly view: Snapshot;
  readonly since: number;
  end: (problem: Problem) => void;
}

/** Bytes of keys that all of them hold. The largest page, 10,000 keys of 1 KiB, takes a third. */
const mostHeld = 64 * 1024 ** 2;

/** Milliseconds between two looks at the answers that are under way. */
const lookInterval = 1000;

export function longReads(store: Store, { most, maxAge, maxGrowth }: LongReadLimits, registry: Registry): LongRead {
  let underWay = 0;
  const budget = new ByteBudget(mostHeld);
  /** In the order in which they began. */
  const open = new Set<OpenRead>();
  let timer: NodeJS.Timeout | undefined;
  observedGauge(
    registry,
    'kvstore_snapshot_growth_bytes',
    'Bytes that the data file has grown by since the oldest answer that is being streamed began.',
    () => {
      const [oldest] = open;
      return oldest?.view.growth?.() ?? 0;
    },
  );
  const look = () => {
    const now = performance.now();
    for (const read of open) {
      const isOld = now - read.since > maxAge;
      const growth = read.view.growth?.() ?? 0;
      if (!isOld && growth <= maxGrowth) continue;
      const why = isOld ? `took longer than ${maxAge / 1000} s` : `kept ${growth} bytes of disk from being used again`;
      read.end(new Problem('slow-consumer', `The client took the answer so slowly that it ${why}.`));
    }
  };
  const begin = (view: Snapshot): OpenRead => {
    const read: OpenRead = { view, since: performance.now(), end: () => {} };
    open.add(read);
    timer ??= setInterval(look, lookInterval).unref();
    return read;
  };
  return async (read) => {
    if (underWay >= most) {
      throw overloaded(`${most} answers are being streamed already.`);
    }
    const view = store.snapshot();
    underWay++;
    let sent: OpenRead | undefined;
    const held = budget.begin(() => {
      const message = 'The client took the answer so slowly that others needed the memory for its keys.';
      sent?.end(new Problem('slow-consumer', message));
    });
    const hold = (bytes: number) => {
      if (!held.grow(bytes)) throw overloaded('More keys are being sent than there is memory for.');
    };
    const release = () => {
      underWay--;
      held.release();
      view.close();
      if (sent !== undefined) open.delete(sent);
      if (open.size > 0) return;
      clearInterval(timer);
      timer = undefined;
    };
    try {
      const { headers, pieces } = await read(view, hold);
      const iterator = pieces[Symbol.iterator]();
      const first = nextSlice(iterator);
      if (!first.done) {
        const underway = begin(view);
        sent = underway;
        const onCut = (end: (problem: Problem) => void) => {
          underway.end = end;
        };
        const slices = slicesFrom(first.text, iterator);
        return { kind: 'slices', status: 200, headers: [...headers, ...forBrowsers], slices, onCut, release };
      }
      release();
      return textAnswer(200, headers, first.text);
    } catch (error) {
      release();
      throw error;
    }
  };
}

interface TextSlice {
  readonly text: string;
  readonly done: boolean;
}

function nextSlice(iterator: Iterator<string>): TextSlice {
  const end = performance.now() + sliceTime;
  let text = '';
  for (let i = 1; text.length < sliceSize; i++) {
    const piece = iterator.next();
    if (piece.done) return { text, done: true };
    text += piece.value;
    if ((i % 64 === 0 || piece.value === '') && performance.now() > end) break;
  }
  return { text, done: false };
}

function* slicesFrom(first: string, iterator: Iterator<string>): Iterable<string> {
  yield first;
  // A client may take hours for the rest.
  first = '';
  for (;;) {
    const { text, done } = nextSlice(iterator);
    yield text;
    if (done) return;
  }
}
