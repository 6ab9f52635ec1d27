/** What the watch, other replicas and full syncs bring. */
import type {
  PendingRevisions,
  Reader,
  ReaderChanges,
  ReaderList,
  ReceivedRevision,
  ReplicaState,
  Report,
} from './state.ts';

/** The next revision of the watch. It is pending until it is shown, whatever made it (R5, R6). */
export function receive(state: ReplicaState, change: ReceivedRevision, now: number): ReplicaState {
  const { revision, keys } = change;
  if (revision <= state.received) return state;
  const pending = keys.length === 0 ? state.pending : state.pending.with(revision, keys);
  const next = { ...state, received: revision, pending };
  return change.readers === undefined ? next : { ...next, ...changed(next, change.readers, now) };
}

function changed(
  { readers: before, own, received }: ReplicaState,
  { joined, left, noticed }: ReaderChanges,
  now: number,
): Pick<ReplicaState, 'readers' | 'own'> {
  let readers = before;
  for (const id of joined) {
    // A key that something else has put again says nothing about what the reader has received.
    if (!readers.some((reader) => reader.id === id)) readers = [...readers, newReader(id, received)];
  }
  for (const { id, name } of noticed) {
    readers = readers.map((reader) => (reader.id === id ? { ...reader, notice: { name, since: now } } : reader));
  }
  readers = readers.filter(({ id }) => !left.includes(id));
  return { readers, own: own !== undefined && left.includes(own.id) ? undefined : own };
}

/** A report counts only for the reader and the timeline that it names (R11). The newest one is all that matters (R4). */
export function acceptReport(state: ReplicaState, { id, timeline, received }: Report): ReplicaState {
  if (timeline !== state.timeline) return state;
  if (!state.readers.some((reader) => reader.id === id && reader.reported < received)) return state;
  const readers = state.readers.map((reader) => (reader.id === id ? { ...reader, reported: received } : reader));
  return { ...state, readers };
}

/**
 * A full sync has put everything up to the list's revision into the index, without its history: none of it is shown
 * until all of it is stable (R10). `none`: an empty list of pending revisions.
 */
export function sync(state: ReplicaState, list: ReaderList, now: number, none: PendingRevisions): ReplicaState {
  const { timeline, revision } = list;
  const isSame = timeline === state.timeline;
  const readers = readersOf(list, now, isSame ? state.readers : []);
  const own = isSame && readers.some(({ id }) => id === state.own?.id) ? state.own : undefined;
  const shown = isSame ? state.shown : 0;
  return { timeline, received: revision, shown, base: revision, pending: none, readers, own };
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
  none: PendingRevisions,
): ReplicaState {
  const { timeline, shown, base } = index;
  const received = Math.max(shown, base);
  return { timeline, received, shown, base, pending: none, readers: readersOf(list, now, []), own: undefined };
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
