import test from 'ava';
import { protocol } from '../../../../../checks/model/world/rules.ts';
import { seededRandom } from '../../../../../test-support/seeded-random.ts';
import { confirm, join, leave } from '../../../../src/store/etcd/lease/lease.ts';
import { leaseTarget } from '../../../../src/store/etcd/lease/reads.ts';
import type { ReaderList, ReplicaState } from '../../../../src/store/etcd/lease/state.ts';
import { Stability } from '../../../../src/store/etcd/readers/stability.ts';
import type { EtcdRevision } from '../../../../src/store/etcd/replicate/changes.ts';

const keys = ['a', 'b', 'c'];
const ids = ['x', 'y', 'z'];

/**
 * The service's replica, whose index shows what is stable some time later, beside that of the model, which shows it at
 * once. Both get the same events in a random order.
 */
class Both {
  readonly service: Stability;
  model: ReplicaState;
  now = 0;
  revision = 0;
  /** In etcd. */
  #readers = new Map<string, { since: number; notice: string | undefined }>();
  readonly #random: () => number;

  constructor(seed: number) {
    this.#random = seededRandom(seed);
    this.service = new Stability({ now: () => this.now }, true);
    this.service.begin({ timeline: 't', shown: 0, base: 0 });
    this.service.resume({ ...this.#list(), addresses: new Map() });
    this.model = protocol.resume({ timeline: 't', shown: 0, base: 0 }, this.#list(), 0);
  }

  below(most: number): number {
    return Math.floor(this.#random() * most);
  }

  step(): void {
    this.now += this.below(3);
    const kind = this.below(10);
    if (kind < 4) this.#receive(keys.filter(() => this.below(2) === 0));
    else if (kind === 4) this.#reader();
    else if (kind < 7) this.#report();
    else if (kind === 7) this.#apply();
    else if (kind === 8) this.#lease();
    else if (this.below(8) === 0) this.#sync();
  }

  /** The index has caught up. */
  catchUp(): void {
    this.service.applied(this.service.stable);
  }

  #receive(changed: readonly string[], readers?: NonNullable<EtcdRevision['readers']>): void {
    const revision = ++this.revision;
    const changes = changed.map((key) => ({ key, value: '1', revision }));
    const seen = readers === undefined ? { revision, keys: changed } : { revision, keys: changed, readers };
    this.model = protocol.receive(this.model, seen, this.now);
    this.service.receive([{ revision, changes, head: undefined, ...(readers === undefined ? {} : { readers }) }]);
  }

  #reader(): void {
    const id = ids[this.below(ids.length)] ?? '';
    const none = { joined: [], left: [], noticed: [], values: new Map() };
    const reader = this.#readers.get(id);
    if (reader === undefined) {
      this.#readers.set(id, { since: this.revision + 1, notice: undefined });
      this.#receive([], { ...none, joined: [id] });
    } else if (reader.notice === undefined && this.below(2) === 0) {
      const name = `n${this.revision}`;
      this.#readers.set(id, { ...reader, notice: name });
      this.#receive([], { ...none, noticed: [{ id, name }] });
    } else {
      this.#readers.delete(id);
      this.#receive([], { ...none, left: [id] });
    }
  }

  #report(): void {
    const report = { id: ids[this.below(ids.length)] ?? '', timeline: 't', received: this.below(this.revision + 1) };
    this.model = protocol.acceptReport(this.model, report);
    this.service.report(report);
  }

  /** A part of what is stable. */
  #apply(): void {
    const { shown } = this.service.state;
    const upTo = shown + this.below(Math.max(0, this.service.stable - shown) + 1);
    if (upTo > shown) this.service.applied(upTo);
  }

  #lease(): void {
    const id = ids[this.below(ids.length)] ?? '';
    const { own } = this.model;
    // An id is new (R1).
    if (own === undefined && this.#readers.has(id)) return;
    const sentAt = this.now - this.below(3);
    const act = (state: ReplicaState) => {
      if (own === undefined) return join(state, id, sentAt, 10);
      return this.#isEven() ? confirm(state, own.id, sentAt, 10) : leave(state);
    };
    this.model = act(this.model);
    this.service.update(act);
  }

  #isEven(): boolean {
    return this.now % 2 === 0;
  }

  #sync(): void {
    this.model = protocol.sync(this.model, this.#list(), this.now);
    this.service.sync({ ...this.#list(), addresses: new Map() });
  }

  #list(): ReaderList {
    const readers = [...this.#readers].map(([id, { since, notice }]) => ({ id, since, notice }));
    return { timeline: 't', revision: this.revision, readers };
  }
}

/** What was shown before a full sync means nothing until that is stable. */
function plain({ pending, ...state }: ReplicaState) {
  const shown = state.shown >= state.base ? state.shown : undefined;
  return { ...state, shown, pending: pending.revisions() };
}

test("the service's replica is the model's when its index has caught up, and never shows more", (t) => {
  for (let seed = 1; seed <= 200; seed++) {
    const both = new Both(seed);
    for (let i = 0; i < 60; i++) {
      both.step();
      const { service, model, now } = both;
      t.true(service.state.shown <= model.shown, `seed ${seed}, step ${i}`);
      t.is(service.isSettled, model.shown >= model.base);
      // Of what is not in the index yet a read by lease waits for at least as much as the model's.
      for (const reads of [...keys, () => true]) {
        const [served, modelled] = [leaseTarget(service.state, reads, now), leaseTarget(model, reads, now)];
        t.is(served === undefined, modelled === undefined);
        t.true((served ?? 0) >= (modelled ?? 0));
      }
      if (both.below(4) === 0) {
        both.catchUp();
        t.deepEqual(plain(service.state), plain(model), `seed ${seed}, step ${i}`);
      }
    }
  }
});

test('nothing is stable before the list of readers is known', (t) => {
  const stability = new Stability({ now: () => 0 }, true);
  stability.begin({ timeline: 't', shown: 7, base: 0 });
  t.is(stability.stable, 0);
  t.true(stability.isSettled, 'what the index holds is');
  stability.resume({ timeline: 't', revision: 9, readers: [], addresses: new Map() });
  t.is(stability.stable, 7);
  const upgraded = new Stability({ now: () => 0 }, true);
  upgraded.begin({ timeline: 't', shown: 0, base: 7 });
  t.false(upgraded.isSettled);
  const readers = [{ id: 'x', since: 3, notice: undefined }];
  upgraded.resume({ timeline: 't', revision: 9, readers, addresses: new Map() });
  t.false(upgraded.isSettled);
  upgraded.report({ id: 'x', timeline: 't', received: 8 });
  t.true(upgraded.isSettled);
});
