/** The etcd store: etcd is the truth, the index its replica, the barrier makes reads of it linearizable. */
import { lockDirectory, type OwnerLock } from '@kvstore/core/data-folder/owner-lock.ts';
import { type Problem, unavailable } from '@kvstore/core/problem.ts';
import { messageOf } from '@kvstore/etcd/call-error.ts';
import { readCredentials } from '@kvstore/etcd/tls.ts';
import { systemClock } from '../clock.ts';
import type { OnDamage } from '../damage/damage.ts';
import { damageReports } from '../damage/damage-reports.ts';
import { DataCheck } from '../damage/data-check.ts';
import { DataFolder } from '../files/data-folder.ts';
import { IndexReader } from '../index/index-reader.ts';
import type { KeyIndex } from '../index/key-index.ts';
import { noSpans } from '../spans.ts';
import type {
  Condition,
  Deletion,
  Incremented,
  Pair,
  ReadKeys,
  SetOptions,
  Store,
  TransactionParts,
  Watch,
  Watcher,
  Written,
} from '../store.ts';
import { checkMember, UnusableEtcd } from './connect/check.ts';
import { EtcdClient } from './connect/client.ts';
import { readUser } from './connect/login.ts';
import { type EtcdMetrics, etcdMetrics } from './etcd-metrics.ts';
import { layout } from './layout.ts';
import { checkOptions } from './options.ts';
import { Barrier } from './read/barrier.ts';
import { readHead } from './read/head.ts';
import { Watches } from './read/watches.ts';
import { FreshReads, timed } from './readers/fresh-reads.ts';
import { type PeerOptions, peersOf } from './readers/peers.ts';
import { readerMetrics } from './readers/reader-metrics.ts';
import { Readers } from './readers/readers.ts';
import { Stability } from './readers/stability.ts';
import { Follower } from './replicate/follow.ts';
import { foreignReporter } from './replicate/foreign.ts';
import { Replica } from './replicate/replica.ts';
import { indexFolder, openReplicaIndex } from './replicate/replica-index.ts';
import { Acknowledgements } from './write/acknowledgements.ts';
import { ConditionalWriter } from './write/conditional.ts';
import { type IncrementSet, Increments } from './write/increments.ts';
import { KnownValues } from './write/known-values.ts';
import { LeaseSweeper } from './write/lease-sweeper.ts';
import { Leases } from './write/leases.ts';
import { Mutations } from './write/mutations.ts';
import { writerOfSets } from './write/sets.ts';
import type { Outcome, WriteSet } from './write/transaction.ts';
import { WriteNonces } from './write/write-nonces.ts';
import { Writer } from './write/writer.ts';

/** Milliseconds that opening waits for a member's version; later it is looked at when the first one answers. */
const versionPatience = 2000;
/** Milliseconds between looks at etcd while no request needs it. */
const heartbeat = 5000;

/**
 * Opens the store and returns while the first sync goes on: `notReady` says so until it is done.
 * Throws when the options cannot be used, the data directory is in use, or a member's version is too old.
 */
export async function openEtcdStore(options: PeerOptions): Promise<EtcdStore> {
  checkOptions(options);
  readCredentials(options);
  readUser(options);
  const { dataDir, log, clock = systemClock } = options;
  const lock = lockDirectory(dataDir);
  let store: EtcdStore | undefined;
  const report = damageReports(log, options.metrics);
  const onDamage: OnDamage = (part, key, message) => {
    report(part, key, message);
    return store?.damaged();
  };
  try {
    store = new EtcdStore(options, lock, openReplicaIndex({ dataDir, log, clock, onDamage }));
  } catch (error) {
    lock.release();
    throw error;
  }
  try {
    await store.checkVersions();
    await store.start();
  } catch (error) {
    await store.close();
    throw error;
  }
  return store;
}

export class EtcdStore extends IndexReader implements Store {
  readonly #options: PeerOptions;
  readonly #lock: OwnerLock;
  readonly #client: EtcdClient;
  readonly #replica: Replica;
  readonly #follower: Follower;
  readonly #barrier: Barrier;
  readonly #readers: Readers;
  readonly #fresh: FreshReads;
  readonly #writer: Writer<WriteSet, Outcome>;
  readonly #increments: Writer<IncrementSet, Incremented>;
  readonly #mutations: Mutations;
  readonly #watches: Watches;
  readonly #sweeper: LeaseSweeper;
  readonly #metrics: EtcdMetrics;
  readonly #folder: DataFolder;
  readonly #check: DataCheck;
  readonly #stop = new AbortController();
  #following: Promise<void> = Promise.resolve();
  /** By the clock. */
  readonly #openedAt: number;
  #stopHeartbeat = () => {};

  constructor(options: PeerOptions, lock: OwnerLock, index: KeyIndex) {
    super(index);
    const { clock = systemClock, log, prefix, registry, requestTimeout, spans = noSpans } = options;
    this.#options = options;
    this.#openedAt = clock.now();
    this.#lock = lock;
    const keyspace = layout(prefix);
    const peers = peersOf(options);
    const stability = new Stability(clock, peers.serve !== undefined);
    const replica = new Replica(index, prefix, stability);
    this.#metrics = etcdMetrics(registry, {
      appliedRevision: () => replica.applied,
      lag: () => replica.lag,
      queuedWrites: () => this.#writer.queued + this.#increments.queued,
    });
    const metrics = this.#metrics;
    const waits = readerMetrics(registry, {
      isLeaseHeld: () => this.#readers.isLeaseHeld,
      readers: () => stability.state.readers.length,
      pending: () => this.#follower.waiting,
    });
    const client = new EtcdClient(options, clock, metrics);
    const onForeign = foreignReporter(log, metrics);
    const { signal } = this.#stop;
    this.#client = client;
    this.#replica = replica;
    const head = (timeout: number) => readHead(client, keyspace, timeout);
    this.#watches = new Watches({
      ...{ client, layout: keyspace, replica, clock, requestTimeout, readHead: head },
      readHeadAt: (revision, timeout) => readHead(client, keyspace, timeout, revision),
    });
    this.#follower = new Follower({
      onApplied: (revisions) => this.#watches.applied(revisions),
      onInterrupted: (why) => this.#watches.interrupt(why),
      onSync: () => this.#readers.giveUp('sync'),
      startOver: () => this.#startOver(),
      ...{ client, layout: keyspace, index, replica, prefix, onForeign, signal, clock, metrics, log, requestTimeout },
      stability,
    });
    this.#barrier = new Barrier({
      ...{ replica, clock, metrics, spans, requestTimeout },
      readHead: head,
      onContradiction: (cause) => this.#follower.restart(cause),
      onAwaited: (revision) => this.#follower.hurry(revision),
      waiting: (reached) => (stability.hasReaders ? timed(waits, 'barrier', () => reached) : reached),
    });
    this.#readers = new Readers({
      ...{ client, layout: keyspace, replica, stability, peers, clock, log, metrics: waits },
      isFollowing: () => this.#follower.isFollowing,
    });
    this.#fresh = new FreshReads({
      ...{ readers: this.#readers, barrier: this.#barrier, replica, clock, spans, requestTimeout, metrics: waits },
    });
    const barrier = async (keys: readonly string[]) => this.#fresh.wait(keys);
    const expired = (key: string) => index.expiredVersion(key);
    const timeline = () => replica.timeline;
    const acknowledgements = new Acknowledgements({
      ...{ layout: keyspace, limits: options, stability, replica },
      onOtherHistory: () => this.#follower.restart('other-timeline'),
      waiting: (revision, reached) => {
        this.#follower.hurry(revision);
        return spans.own('store.stable', () => timed(waits, 'write', () => reached));
      },
    });
    const shared = {
      client,
      layout: keyspace,
      clock,
      limits: options,
      requestTimeout,
      nonces: new WriteNonces(),
      timeline,
      acknowledgements,
    };
    const writing = { ...shared, metrics, spans };
    const known = {
      get: (key: string) => index.get(key),
      expires: (key: string) => index.expires(key),
      expired,
    };
    this.#writer = writerOfSets(writing);
    this.#increments = new Writer(writing, new Increments({ ...shared, known: new KnownValues(known, clock) }));
    this.#mutations = new Mutations({
      ...{ ...shared, barrier, writer: this.#writer, increments: this.#increments, leases: new Leases(shared) },
      synced: () => replica.unfit === undefined,
      conditional: new ConditionalWriter({ ...shared, barrier, expired, newest: () => replica.head.revision }),
      known: { has: (key) => index.get(key) !== undefined, expired, revision: () => index.revision() },
    });
    this.#sweeper = new LeaseSweeper({ ...shared, log, due: (limit) => index.due(limit) });
    options.metrics.observe(index);
    this.#folder = new DataFolder({
      directory: indexFolder(options.dataDir),
      clock,
      onChange: (isLost) => {
        options.metrics.folderLost(isLost);
        if (isLost) this.#follower.restart('folder-lost');
      },
    });
    this.#check = this.#checkOf(indexFolder(options.dataDir));
  }

  /** A read or a check met damage: the index is read anew. Returns what to say to who asked. */
  damaged(): Problem {
    this.#follower.restart('damaged');
    return readAnew();
  }

  #checkOf(directory: string): DataCheck {
    const { clock = systemClock, metrics, log, checkInterval: interval = 0 } = this.#options;
    return new DataCheck({
      ...{ directory, clock, interval },
      snapshot: () => this.index.snapshot(),
      onChecked: (fault) => {
        if (fault === undefined || this.#folder.look()) return;
        metrics.damaged('page');
        log.error({ directory, fault }, `Damaged data: ${fault}`);
        this.damaged();
      },
    });
  }

  async #startOver(): Promise<void> {
    this.#lock.renew();
    this.#replica.emptied();
    await this.index.startOver();
    this.#folder.opened();
  }

  protected override readable(): KeyIndex {
    if (this.#replica.isEmptied) throw readAnew();
    return this.index;
  }

  /** Throws UnusableEtcd when a member says so in time; members that don't answer are looked at later. */
  async checkVersions(): Promise<void> {
    const checks = this.#client.endpoints.map((endpoint) => checkMember(endpoint, versionPatience));
    // The first that is fine is enough to go on with; the others are looked at before they are followed.
    const results = await Promise.allSettled(checks);
    for (const result of results) {
      if (result.status === 'rejected' && result.reason instanceof UnusableEtcd) throw result.reason;
    }
  }

  /** Rejects when the port for other replicas cannot be listened on. */
  async start(): Promise<void> {
    await this.#readers.start();
    this.#following = this.#follower.run();
    this.#beat();
    this.#sweeper.start();
  }

  barrier(keys: ReadKeys = {}): Promise<void> | undefined {
    return this.#fresh.wait(keys);
  }

  isWhole(): boolean {
    return this.#replica.isWhole;
  }

  set(pairs: readonly Pair[], options?: SetOptions): Promise<Written> {
    return this.#mutations.set(pairs, options);
  }

  delete(keys: readonly string[], condition?: Condition): Promise<Deletion> {
    return this.#mutations.delete(keys, condition);
  }

  transact(parts: TransactionParts): Promise<Deletion> {
    return this.#mutations.transact(parts);
  }

  increment(amounts: ReadonlyMap<string, bigint>): Promise<Incremented> {
    return this.#mutations.increment(amounts);
  }

  watch(after: number, on: Watcher, timeline?: string): Watch {
    return this.#watches.watch(after, on, timeline);
  }

  age(): number {
    const { clock = systemClock } = this.#options;
    // By a lease the index is known to show everything but what is being written.
    if (this.#readers.isUpToDate) return 0;
    return clock.now() - (this.#barrier.freshAt ?? this.#openedAt);
  }

  notReady(): string | undefined {
    if (this.#stop.signal.aborted) return 'The store is closed.';
    const { notSynced } = this.#follower;
    if (notSynced !== undefined) return notSynced;
    return this.#replica.isEmptied ? 'The index is read anew from etcd.' : undefined;
  }

  async close(): Promise<void> {
    await this.#readers.leave();
    await this.#mutations.close();
    this.#stopHeartbeat();
    this.#folder.stop();
    this.#sweeper.stop();
    this.#watches.interrupt('The store is closed.');
    this.#stop.abort();
    this.#barrier.close();
    this.#replica.close();
    this.#client.close();
    await this.#readers.close();
    await this.#following;
    await this.#check.stop();
    await this.index.close();
    this.#lock.release();
  }

  /** Looks at etcd now and then, so that trouble and lag are seen before a request meets them. */
  #beat(): void {
    const { clock = systemClock, log } = this.#options;
    this.#stopHeartbeat = clock.after(heartbeat, () => {
      if (this.#follower.notSynced !== undefined) return this.#beat();
      this.#barrier
        .wait()
        .catch((error: unknown) => log.warn({ err: error }, `etcd cannot be read: ${messageOf(error)}`))
        .finally(() => {
          if (!this.#stop.signal.aborted) this.#beat();
        });
    });
  }
}

function readAnew(): Problem {
  return unavailable('The index was damaged or lost: it is read anew from etcd.');
}
