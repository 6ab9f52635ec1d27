/**
 * Timelines. A timeline is one unbroken history of revisions; a revision number means something only within it. A store
 * that is made anew, or put back to an earlier state, begins a new timeline, so that no version of one history is ever
 * taken for a version of another (RFC 9110, 8.8.1; ADR 0180).
 */
import { randomBytes } from 'node:crypto';
import { Problem } from '@kvstore/core/problem.ts';

/** Letters and digits of a name: 40 random bits. */
const nameLength = 8;
const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';

/** A name that no other timeline has. */
export function newTimeline(): string {
  let name = '';
  for (const byte of randomBytes(nameLength)) name += alphabet[byte % alphabet.length];
  return name;
}

/** Whether the text can be a timeline's name. */
export function isTimeline(text: string): boolean {
  return /^[0-9a-z]{8}$/.test(text);
}

/** The problem of a watch that was begun on another timeline. */
export function otherTimeline(theirs: string, ours: string): Problem {
  const message = `The event is of timeline ${theirs}; the store is on timeline ${ours}. Read everything again, then watch.`;
  return new Problem('other-timeline', message);
}
