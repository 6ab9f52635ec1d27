/**
 * Entity tags (RFC 9110, 8.8.3) and event ids. All begin with `<timeline>-<revision>`, so that neither is ever taken for
 * that of another history of the store (ADR 0180). Behind it:
 * - of an event: `.<index>`, for a change that is not the last of its revision;
 * - of a write: `~<n>`, when another request's write replaced some of its values within the same revision, or it put none;
 * - of `/` and `/search`: `+<deadline>`, Unix milliseconds, while keys have expired that are not removed yet;
 * - of lines (application/x-ndjson): `-lines`;
 * - of an answer in a content coding: `-gzip`, `-zstd`.
 */
import type { Reader, Store, Version, Written } from '../store/store.ts';
import type { Coding } from './codings.ts';

/** The entity tag of a key's value, quotes included. */
export function versionTag(timeline: string, revision: number): string {
  return `"${timeline}-${revision}"`;
}

/** The entity tag of what a write has put. */
export function writtenTag({ timeline, revision, overwritten }: Written): string {
  return overwritten === undefined ? versionTag(timeline, revision) : `"${timeline}-${revision}~${overwritten}"`;
}

/** The part of a tag that differs between the forms and codings of an answer. */
export type Form = '' | '-lines' | `-${Coding}`;

/** The tag of the same view in a form or coding. */
export function tagOf(tag: string, form: Form): string {
  return form === '' ? tag : `${tag.slice(0, -1)}${form}"`;
}

/**
 * The entity tag of what `/` and `/search` show of the view: a strong one, since the revision and the latest deadline
 * that has passed say exactly which pairs are in view.
 */
export function viewTag(store: Pick<Store, 'timeline'>, view: Reader): string {
  const expired = view.lastExpired();
  return `"${store.timeline()}-${view.revision()}${expired === undefined ? '' : `+${expired}`}"`;
}

const versionPattern = /^([0-9a-z]{8})-(\d{1,15})$/;

/** The version that an entity tag without its quotes names; undefined: no key ever has it. */
export function parseVersion(tag: string): Version | undefined {
  const [, timeline = '', revision] = versionPattern.exec(tag) ?? [];
  return revision === undefined ? undefined : { timeline, revision: Number(revision) };
}

/** Entity tags of a request, as they are without a content coding: what is compared is what they show. */
export function withoutCoding<T extends string | undefined>(tags: T): T {
  return tags?.replaceAll(codedEnd, '"') as T;
}

const codedEnd = /-(gzip|zstd)"/g;

/** The codings of the entity tags of a request. */
export function codingsIn(tags: string): readonly Coding[] {
  return [...tags.matchAll(codedEnd)].map(([, coding]) => coding as Coding);
}

/** Where a client that was here before goes on: behind this revision, and so many changes of the next one. */
export interface Position {
  readonly timeline: string;
  readonly after: number;
  readonly skip: number;
}

const idPattern = /^([0-9a-z]{8})-(\d{1,15})(?:\.(\d{1,6})|(~\d{1,6})|(?:\+\d{1,15})?(?:-lines)?(?:-gzip|-zstd)?)$/;

/**
 * What a Last-Event-ID says: an event's id or, without its quotes, any entity tag that this API gives. Undefined: none of
 * these. An id of a version of the service that knew no timelines is of none.
 */
export function parsePosition(id: string): Position | undefined {
  const [, timeline = '', digits, index, overwritten] = idPattern.exec(id) ?? [];
  if (digits === undefined)
    return /^\d{1,15}(\.\d{1,6})?$/.test(id) ? { timeline: 'none', after: 0, skip: 0 } : undefined;
  const revision = Number(digits);
  if (index !== undefined) return { timeline, after: Math.max(0, revision - 1), skip: Number(index) + 1 };
  // What replaced the write's values was written in its own revision.
  const isReplaced = overwritten !== undefined && overwritten !== '~0';
  return { timeline, after: isReplaced ? Math.max(0, revision - 1) : revision, skip: 0 };
}

/** The id that leads back to the position. */
export function idOf({ timeline, after, skip }: Position): string {
  return skip === 0 ? `${timeline}-${after}` : `${timeline}-${after + 1}.${skip - 1}`;
}
