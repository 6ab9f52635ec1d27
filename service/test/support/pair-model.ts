/** What a store should answer: a plain Map, ordered by the bytes of its keys. */
import type { KeyFilter } from '../../src/store/store.ts';

export interface ModelFilter extends KeyFilter {
  readonly delimiter?: string | undefined;
}

export class PairModel {
  readonly values = new Map<string, string>();

  /** Keys, or what they are folded into: each once, in order. */
  keys(filter: ModelFilter = {}): string[] {
    const { prefix = '', suffix = '', contains = '', after, reverse = false, delimiter } = filter;
    const isFolded = (item: string) => delimiter !== undefined && item.slice(prefix.length).includes(delimiter);
    const items = [...this.values.keys()]
      .filter((key) => key.startsWith(prefix) && key.endsWith(suffix) && key.includes(contains))
      .map((key) => (delimiter === undefined ? key : folded(key, prefix, delimiter)));
    const inOrder = [...new Set(items)].sort(byBytes).filter((item) => {
      if (after === undefined) return true;
      // A key below a folded prefix has passed that prefix.
      if (item !== after && after.startsWith(item) && isFolded(item)) return false;
      return reverse ? byBytes(item, after) < 0 : byBytes(item, after) > 0;
    });
    return reverse ? inOrder.reverse() : inOrder;
  }

  /** A JSON object of the pairs of keys, in their order. */
  text(keys: readonly string[] = this.keys()): string {
    return `{${keys.map((key) => `${JSON.stringify(key)}:${this.values.get(key)}`).join(',')}}`;
  }
}

function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

function folded(key: string, prefix: string, delimiter: string): string {
  const [first, ...rest] = key.slice(prefix.length).split(delimiter);
  return rest.length === 0 ? key : prefix + first + delimiter;
}
