/** What etcd's history says. */
import type { ListedReader, ReaderList, ReceivedRevision } from '../../../service/src/store/etcd/lease/state.ts';
import type { Entry, World } from './world.ts';

/** The entry of the revision, as the watch brings it. */
export function changeOf({ kind, keys, id, name }: Entry, revision: number): ReceivedRevision {
  if (kind === 'write' || kind === 'expiry') return { revision, keys };
  const [joined, left] = [kind === 'join' ? [id] : [], kind === 'leave' ? [id] : []];
  return { revision, keys, readers: { joined, left, noticed: kind === 'notice' ? [{ id, name }] : [] } };
}

/** The readers' keys and notices at the revision. */
export function readersAt({ log, timeline }: World, revision: number = log.length): ReaderList {
  const readers = new Map<string, ListedReader>();
  for (let i = 0; i < revision; i++) {
    const { kind, id, name } = log[i] as Entry;
    if (kind === 'join') readers.set(id, { id, since: i + 1, notice: undefined });
    else if (kind === 'leave') readers.delete(id);
    else if (kind === 'notice') {
      const reader = readers.get(id);
      if (reader !== undefined) readers.set(id, { ...reader, notice: name });
    }
  }
  return { timeline, revision, readers: [...readers.values()] };
}

/** The revision of the newest write of the service: what the head key has. An expiry does not put it. */
export function headOf({ log }: World): number {
  return log.findLastIndex(({ kind }) => kind === 'write') + 1;
}

/** The newest revision up to `top` that changes the key; 0: none does. */
export function lastChange({ log }: World, key: string, top: number, onlyWrites: boolean): number {
  for (let i = Math.min(top, log.length) - 1; i >= 0; i--) {
    const entry = log[i];
    if (entry?.keys.includes(key) && !(onlyWrites && entry.kind === 'expiry')) return i + 1;
  }
  return 0;
}
