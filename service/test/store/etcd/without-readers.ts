/** Parts of the etcd store as they are where no replica reads by lease. */
import { systemClock } from '../../../src/store/clock.ts';
import type { FoundReaders } from '../../../src/store/etcd/readers/reader-list.ts';
import { Stability } from '../../../src/store/etcd/readers/stability.ts';
import type { Acknowledgements } from '../../../src/store/etcd/write/acknowledgements.ts';

/** Every answer is given at once, and transactions are as they were. */
export const acknowledgedAtOnce: Pick<Acknowledgements, 'confirm'> = {
  confirm: (request) => ({ request, written: () => undefined, found: () => undefined }),
};

export function noReaders(timeline: string, revision: number): FoundReaders {
  return { timeline, revision, readers: [], addresses: new Map() };
}

export function newStability(): Stability {
  return new Stability(systemClock, true);
}
