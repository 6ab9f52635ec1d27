/** Keys that go on behind a delimiter, folded into one item: what lists the keys below a prefix like a folder. */

export interface Fold {
  readonly delimiter: string;
  /** UTF-16 units at the beginning of each key in which no delimiter is looked for: those of the prefix that was asked for. */
  readonly from: number;
}

/**
 * What a key is listed as: itself, or its beginning up to the first delimiter, delimiter included. The items of keys in
 * order are in order, too, since all keys with a folded beginning come one after the other.
 */
export function itemOf(key: string, fold: Fold | undefined): string {
  if (fold === undefined) return key;
  const at = key.indexOf(fold.delimiter, fold.from);
  return at === -1 ? key : key.slice(0, at + fold.delimiter.length);
}

/** Whether an item stands for all keys that begin with it. A key with a delimiter is always folded, so none is mistaken. */
export function isFolded(item: string, fold: Fold | undefined): boolean {
  return fold !== undefined && item.indexOf(fold.delimiter, fold.from) !== -1;
}
