/** What a store should answer: a plain Map, ordered by the bytes of its keys. */
import type { KeyFilter } from '../../src/store/store.ts';

export class PairModel {
  readonly values = new Map<string, string>();

  keys({ prefix = '', suffix = '', after }: KeyFilter = {}): string[] {
    const bytes = (text: string) => Buffer.from(text);
    return [...this.values.keys()]
      .filter((key) => key.startsWith(prefix) && key.endsWith(suffix))
      .filter((key) => after === undefined || Buffer.compare(bytes(key), bytes(after)) > 0)
      .sort((a, b) => Buffer.compare(bytes(a), bytes(b)));
  }

  /** A JSON object of the pairs of keys, in their order. */
  text(keys: readonly string[] = this.keys()): string {
    return `{${keys.map((key) => `${JSON.stringify(key)}:${this.values.get(key)}`).join(',')}}`;
  }
}
