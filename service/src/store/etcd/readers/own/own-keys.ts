/**
 * The keys of this replica's own leases in etcd: each is made once, and deleted when its lease is given up (ADR 0290, R1
 * and R12). etcd may carry out a transaction after its answer was given up on, so a key may come after its deletion found
 * none. Others would wait for its reports until a notice ends it; the replica that sent it deletes it when it comes.
 */
import { meaningOf } from '@kvstore/etcd/call-error.ts';
import { type Clock, pause } from '../../../clock.ts';
import type { ReaderKeys, Removed } from '../reader-keys.ts';
import type { ReaderAddress } from '../reader-list.ts';
import type { Stability } from '../stability.ts';
import { callTime } from '../times.ts';

export interface OwnKeysOptions {
  readonly keys: Pick<ReaderKeys, 'make' | 'remove'>;
  readonly stability: Stability;
  readonly clock: Clock;
  /** Aborted: nothing is deleted any more. */
  readonly signal: AbortSignal;
}

/** Milliseconds before a deletion is tried again, doubled up to the second. */
const shortestWait = 50;
const longestWait = 2000;

export class OwnKeys {
  readonly #options: OwnKeysOptions;
  /** Of each key that was not deleted yet: may etcd still make it when the call is over? */
  readonly #making = new Map<string, Promise<boolean>>();
  /** The ids of keys that were not there when they were deleted, and that etcd may make still. */
  readonly #late = new Set<string>();

  constructor(options: OwnKeysOptions) {
    this.#options = options;
    options.stability.listen({ changed: () => this.#deleteLate() });
  }

  /** Throws EtcdCallError, and then the key may come still; and Error when etcd has one of that id. */
  async make(id: string, address: ReaderAddress): Promise<void> {
    const made = this.#options.keys.make(id, address, callTime);
    const isUnknown = (error: unknown) => meaningOf(error) === 'unknown';
    this.#making.set(
      id,
      made.then(() => false, isUnknown),
    );
    if (!(await made)) throw new Error(`etcd has a key of the id ${id} already.`);
  }

  /** Resolves when the key is deleted, with who ended the lease; or with undefined when the signal is aborted. */
  async remove(id: string): Promise<'we' | 'others' | undefined> {
    // A deletion that overtook the making would leave the key.
    const mayCome = await this.#making.get(id);
    this.#making.delete(id);
    const removed = await this.#delete(id);
    if (removed === undefined) return undefined;
    if (mayCome === true && !removed.wasThere) {
      this.#late.add(id);
      this.#deleteLate();
      return 'we';
    }
    return removed.wasNoticed || (!removed.wasThere && !removed.isRepeated) ? 'others' : 'we';
  }

  #deleteLate(): void {
    if (this.#late.size === 0) return;
    for (const { id } of this.#options.stability.state.readers) if (this.#late.delete(id)) void this.#delete(id);
  }

  /** `isRepeated`: an earlier try may have deleted it. */
  async #delete(id: string): Promise<(Removed & { readonly isRepeated: boolean }) | undefined> {
    const { keys, clock, signal } = this.#options;
    let isRepeated = false;
    for (let wait = shortestWait; !signal.aborted; wait = Math.min(2 * wait, longestWait)) {
      try {
        return { ...(await keys.remove(id, callTime)), isRepeated };
      } catch (error) {
        if (meaningOf(error) !== 'not-executed') isRepeated = true;
        // Counted with all calls. Other replicas put a notice, and delete the key.
        await pause(clock, wait, signal);
      }
    }
    return undefined;
  }
}
