/**
 * Brings an index of format 1, which had no checksums, to format 2: pairs move from the old tables into the new ones,
 * some thousands in a transaction, so that an upgrade that is interrupted goes on where it was and takes little room.
 */
import { keyCodec, reversedCodec } from '@kvstore/core/data-folder/key-codec.ts';
import { kinds, seal } from '@kvstore/core/data-folder/seal.ts';
import { oldTables, tables } from '@kvstore/core/data-folder/tables.ts';
import { reverseKey } from '@kvstore/core/key.ts';
import type { Database, RootDatabase } from 'lmdb';
import { Deadlines } from './deadlines.ts';
import { lowest } from './key-range.ts';
import type { Meta } from './meta.ts';

/** Pairs of a transaction. */
const batch = 5000;

const plainCodec = {
  writeKey(key: string, target: Buffer, start: number): number {
    if (start + Buffer.byteLength(key) > target.length) throw new RangeError('No room for the key');
    return start + target.write(key, start);
  },
  readKey: (source: Buffer, start: number, end: number) => source.toString('utf8', start, end),
};

/** Unix milliseconds, 1 to 16 digits. */
type OldDeadlines = Database<string, string>;

/** `onBatch`: called after each transaction. */
export function upgrade(root: RootDatabase, meta: Meta, onBatch = () => {}): void {
  meta.upgradeBegins();
  const plain = { keyEncoder: plainCodec } as object;
  const from = root.openDB<string, string>(oldTables.pairs, { encoding: 'string', useVersions: true, ...plain });
  const deadlines: OldDeadlines = root.openDB(oldTables.deadlineOf, { encoding: 'string', ...plain });
  const to = root.openDB<Buffer, string>(tables.pairs, {
    ...{ encoding: 'binary', useVersions: true },
    ...({ keyEncoder: keyCodec } as object),
  });
  const reversed = root.openDB<Buffer, string>(tables.reversed, {
    encoding: 'binary',
    ...({ keyEncoder: reversedCodec } as object),
  });
  // Nothing is damaged in what is only being written.
  const newDeadlines = new Deadlines(root, (part) => new Error(part) as never);
  for (;;) {
    const moved = root.transactionSync(() => {
      const range = from.getRange({ start: lowest, limit: batch, versions: true });
      const pairs = [...(range as Iterable<{ key: string; value: string; version: number }>)];
      for (const { key, value, version } of pairs) {
        const deadline = deadlines.get(key);
        const kind = deadline === undefined ? kinds.pair : kinds.passingPair;
        void to.put(key, seal(kind, key, value, version), version);
        void reversed.put(reverseKey(key), Buffer.alloc(0));
        if (deadline !== undefined) newDeadlines.set(key, Number(deadline));
        void from.remove(key);
      }
      return pairs.length;
    });
    root.resetReadTxn();
    onBatch();
    if (moved < batch) break;
  }
  for (const name of Object.values(oldTables)) root.openDB(name, { encoding: 'binary', ...plain }).dropSync();
  const { entryCount } = to.getStats() as { entryCount: number };
  root.transactionSync(() => meta.upgradeEnds(entryCount));
}
