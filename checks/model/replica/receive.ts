/** What the watch, other replicas and full syncs bring. */
import { advance } from './stability.ts';
import type { Reader, ReaderList, ReceivedRevision, ReplicaState, Report } from './state.ts';

/** The next revision of the watch. It is pending until it is stable, whatever made it (R5, R6). */
export function receive(state: ReplicaState, change: ReceivedRevision, now: number): ReplicaState {
  const { revision, keys, joined, left, noticed } = change;
  if (revision <= state.received) return state;
  let { readers, own, pending } = state;
  if (joined !== undefined) readers = [...readers.filter(({ id }) => id !== joined), newReader(joined, revision)];
  if (left !== undefined) {
    readers = readers.filter(({ id }) => id !== left);
    if (own?.id === left) own = undefined;
  }
  if (noticed !== undefined) {
    readers = readers.map((reader) =>
      reader.id === noticed.id ? { ...reader, notice: { name: noticed.name, since: now } } : reader,
    );
  }
  if (keys.length > 0) pending = [...pending, { revision, keys }];
  return advance({ ...state, received: revision, readers, own, pending });
}

/** A report counts only for the reader and the timeline that it names (R11). The newest one is all that matters (R4). */
export function acceptReport(state: ReplicaState, { id, timeline, received }: Report): ReplicaState {
  if (timeline !== state.timeline) return state;
  if (!state.readers.some((reader) => reader.id === id && reader.reported < received)) return state;
  const readers = state.readers.map((reader) => (reader.id === id ? { ...reader, reported: received } : reader));
  return advance({ ...state, readers });
}

/** A full sync has put everything up to the list's revision into the index, without its history (R10). */
export function sync(state: ReplicaState, list: ReaderList, now: number): ReplicaState {
  const { timeline, revision } = list;
  const isSame = timeline === state.timeline;
  const readers = readersOf(list, now, isSame ? state.readers : []);
  const own = isSame && readers.some(({ id }) => id === state.own?.id) ? state.own : undefined;
  const shown = isSame ? state.shown : 0;
  return advance({ timeline, received: revision, shown, base: revision, pending: [], readers, own });
}

/**
 * A process begins with the index that another one left: it has no lease, and what it received without showing it is
 * forgotten. The list is read after the process has begun, so its revision is that of the index or a later one: readers
 * that join or leave between come by the watch (R10).
 */
export function resume(
  index: Pick<ReplicaState, 'timeline' | 'shown' | 'base'>,
  list: ReaderList,
  now: number,
): ReplicaState {
  const { timeline, shown, base } = index;
  const received = Math.max(shown, base);
  return advance({ timeline, received, shown, base, pending: [], readers: readersOf(list, now, []), own: undefined });
}

function readersOf({ readers }: ReaderList, now: number, known: readonly Reader[]): Reader[] {
  return readers.map(({ id, since, notice: name }) => {
    const before = known.find((reader) => reader.id === id);
    const reported = before?.reported ?? 0;
    if (name === undefined) return { id, since, reported, notice: undefined };
    return { id, since, reported, notice: before?.notice?.name === name ? before.notice : { name, since: now } };
  });
}

function newReader(id: string, since: number): Reader {
  return { id, since, reported: 0, notice: undefined };
}
