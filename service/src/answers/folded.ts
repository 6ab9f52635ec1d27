/** Keys or pairs beside the prefixes that other keys were folded into. */
import { type Fold, isFolded } from '../store/fold.ts';
import { keyList } from './pairs.ts';

/** Prefixes of a search without a limit that wait in memory until all keys are sent: 1 MiB at the most. Those behind them are looked for once more. */
const maxGathered = 1000;

/** What is found: keys and folded prefixes in one order, undefined where others may have their turn. */
export type Items = Iterable<string | undefined>;

export interface FoldedParts {
  /** What the keys are listed as. */
  readonly name: 'keys' | 'pairs';
  readonly fold: Fold;
  readonly items: Items;
  /** The items behind one of them; undefined: the items are a page, which is in memory already and ends where it ends. */
  readonly itemsBehind: ((item: string) => Items) | undefined;
  /** Keys as JSON, in pieces. */
  readonly list: (keys: Items) => Iterable<string>;
}

/** `{"keys":[…],"prefixes":[…]}` or `{"pairs":{…},"prefixes":[…]}`, in pieces. */
export function* foldedObject({ name, fold, items, itemsBehind, list }: FoldedParts): Iterable<string> {
  const prefixes: string[] = [];
  const most = itemsBehind === undefined ? Number.POSITIVE_INFINITY : maxGathered;
  let isMore = false;
  function* keys(): Items {
    for (const item of items) {
      if (item === undefined || !isFolded(item, fold)) yield item;
      else if (prefixes.length < most) prefixes.push(item);
      else isMore = true;
    }
  }
  function* all(): Items {
    yield* prefixes;
    const last = prefixes.at(-1);
    if (!isMore || last === undefined || itemsBehind === undefined) return;
    for (const item of itemsBehind(last)) if (item === undefined || isFolded(item, fold)) yield item;
  }
  yield `{"${name}":`;
  yield* list(keys());
  yield ',"prefixes":';
  yield* keyList(all());
  yield '}';
}

/** A folded prefix among lines of pairs. */
export function prefixLine(prefix: string): string {
  return `{"prefix":${JSON.stringify(prefix)}}\n`;
}
