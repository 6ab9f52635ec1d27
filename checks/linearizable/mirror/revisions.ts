/** What all mirrors saw of each revision: the same, and each of them every revision of the span that it watched. */
import { createHash } from 'node:crypto';
import type { Operation } from '../history/operation.ts';
import { isOverwritten, type Tagged } from '../judge/tags.ts';

/** Behind `from`, up to and with `to`. */
interface Watched {
  readonly from: number;
  readonly to: number;
  /** Revisions that had events. */
  readonly count: number;
}

export class Revisions {
  readonly violations: string[] = [];
  /** A digest of each revision's events. */
  readonly #digests = new Map<number, string>();
  readonly #events: Tagged[] = [];
  readonly #watched: Watched[] = [];
  #count = 0;

  /** Events that were taken, over all mirrors. */
  get count(): number {
    return this.#count;
  }

  /** The values that events brought, each once, with the entity tags that they must have. */
  get events(): readonly Tagged[] {
    return this.#events;
  }

  /** All events of a revision, in their order, as a mirror saw them. */
  seen(mirror: string, revision: number, texts: readonly string[], values: readonly Tagged[]): void {
    this.#count += texts.length;
    const digest = createHash('sha1').update(texts.join('\n')).digest('base64');
    const before = this.#digests.get(revision);
    if (before === undefined) {
      this.#digests.set(revision, digest);
      this.#events.push(...values);
    } else if (before !== digest) {
      this.violations.push(`${mirror}: other events of revision ${revision} than another mirror: ${texts.join(' ')}`);
    }
  }

  /** A mirror saw everything of this span. */
  watched(span: Watched): void {
    if (span.to > span.from) this.#watched.push(span);
  }

  /** What a mirror missed, and acknowledged writes of single registers that came in no event. */
  missed(history: readonly Operation[]): string[] {
    const revisions = [...this.#digests.keys()].sort((a, b) => a - b);
    const found: string[] = [];
    for (const { from, to, count } of this.#watched) {
      const there = countUntil(revisions, to) - countUntil(revisions, from);
      if (there !== count) found.push(`a watch from ${from} to ${to} brought ${count} of ${there} revisions`);
    }
    const brought = new Set(this.#events.map(({ register, value }) => `${register} ${value}`));
    const spans = merged(this.#watched);
    for (const { kind, register, value, tag } of history) {
      if (kind !== 'write' || tag === undefined) continue;
      const event = brought.has(`${register} ${value}`);
      if (isOverwritten(tag)) {
        if (event) found.push(`${register}: ${value} was brought by a watch, although its tag was ${tag}`);
        continue;
      }
      const revision = Number(/-(\d+)"$/.exec(tag)?.[1]);
      const watched = spans.some(({ from, to }) => from < revision && revision <= to);
      // A group's keys are no registers.
      if (watched && !event && !register.startsWith('group-')) {
        found.push(`${register}: no watch brought ${value} of ${tag}`);
      }
    }
    return found;
  }
}

function countUntil(sorted: readonly number[], last: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] ?? 0) <= last) low = middle + 1;
    else high = middle;
  }
  return low;
}

function merged(spans: readonly Watched[]): { readonly from: number; readonly to: number }[] {
  const all: { from: number; to: number }[] = [];
  for (const { from, to } of [...spans].sort((a, b) => a.from - b.from)) {
    const last = all.at(-1);
    if (last !== undefined && from <= last.to) last.to = Math.max(last.to, to);
    else all.push({ from, to });
  }
  return all;
}
