/** Who stays ready when etcd is lost: by all replicas, by one alone, or by one that can reach no other. */
import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import type { Logger } from 'pino';
import { Registry } from 'prom-client';
import { CertificateAuthority } from '../../../test-support/certificates.ts';
import { temporaryFolder } from '../../../test-support/temporary-folder.ts';
import { waitFor } from '../../../test-support/wait-for.ts';
import { type PeerAnswer, Peers } from '../../src/server/peers.ts';
import { assertProblem } from '../support/assert-problem.ts';
import { call, set } from '../support/call.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { startService } from '../support/start-service.ts';
import { contractTest, storeKinds } from '../support/store-kinds.ts';

/** Replicas that reach each other through a Service, which has those that are ready; each ask leads to the next. */
function replicas(count: number, { reachable = true, maxAge = 600_000 } = {}) {
  const clock = new ManualClock();
  const lostAt = Array.from({ length: count }, () => Number.POSITIVE_INFINITY);
  const ageOf = (i: number) => Math.max(0, clock.now() - (lostAt[i] ?? 0));
  let turn = 0;
  const ask = async (): Promise<PeerAnswer> => {
    const served = all.filter((peers) => peers.notReady() === undefined);
    const peer = served[turn++ % served.length];
    if (!reachable || peer === undefined) throw new Error('no replica answers');
    return { replica: peer.id, age: Math.floor((peer.age() ?? 0) / 1000) * 1000 };
  };
  const all = Array.from(
    { length: count },
    (_, i) => new Peers({ url: 'http://peers', age: () => ageOf(i), maxAge, clock, ask }),
  );
  /** Lets time pass, a second at a time, with every answer that belongs to it. */
  const pass = async (seconds: number) => {
    for (let i = 0; i < seconds; i++) {
      clock.pass(1000);
      for (let turns = 0; turns < 5; turns++) await Promise.resolve();
    }
  };
  return {
    lose(...which: readonly number[]) {
      for (const i of which) lostAt[i] = clock.now();
    },
    /** Each had its last contact so many milliseconds ago. */
    loseAt(...ages: readonly number[]) {
      for (const [i, age] of ages.entries()) lostAt[i] = clock.now() - age;
    },
    find(...which: readonly number[]) {
      for (const i of which) lostAt[i] = Number.POSITIVE_INFINITY;
    },
    pass,
    ready: () => all.map((peers) => peers.notReady() === undefined),
    why: (i: number) => all[i]?.notReady(),
  };
}

test('etcd is lost by all: they stay, however long it takes', async (t) => {
  const { lose, pass, ready } = replicas(3);
  lose(0, 1, 2);
  for (let minutes = 0; minutes < 30; minutes++) {
    await pass(60);
    t.deepEqual(ready(), [true, true, true]);
  }
});

test('etcd is lost by all, who had contact at different moments before: none leaves', async (t) => {
  // As far apart as the looks of replicas without requests, and not in whole seconds.
  for (let spread = 100; spread <= 5000; spread += 350) {
    const { loseAt, pass, ready } = replicas(3);
    loseAt(0, spread / 2 + 17, spread);
    for (let seconds = 0; seconds < 120; seconds++) {
      await pass(1);
      t.deepEqual(ready(), [true, true, true], `${spread} ms apart, after ${seconds} s`);
    }
  }
});

test('one replica alone leaves its place to the others, and comes back', async (t) => {
  const { lose, find, pass, ready, why } = replicas(3);
  lose(1);
  await pass(10);
  t.deepEqual(ready(), [true, true, true], 'an election is no loss');
  await pass(15);
  t.deepEqual(ready(), [true, false, true]);
  t.regex(why(1) ?? '', /Other replicas reach the store, this one has not for \d+ s/);
  await pass(600);
  t.deepEqual(ready(), [true, false, true]);
  find(1);
  await pass(3);
  t.deepEqual(ready(), [true, true, true]);
});

test('one alone, then all: those that are left stay, and the one comes back to them', async (t) => {
  const { lose, pass, ready } = replicas(3);
  lose(1);
  await pass(30);
  t.deepEqual(ready(), [true, false, true]);
  lose(0, 2);
  await pass(60);
  t.deepEqual(ready(), [true, true, true]);
});

test('two of three: one that has etcd is enough for both to leave', async (t) => {
  const { lose, pass, ready } = replicas(3);
  lose(0, 1);
  await pass(60);
  t.deepEqual(ready(), [false, false, true]);
});

test('a replica that can reach no other stays ready until its data is too old', async (t) => {
  const { lose, pass, ready, why } = replicas(3, { reachable: false, maxAge: 120_000 });
  lose(0, 1, 2);
  await pass(100);
  t.deepEqual(ready(), [true, true, true]);
  await pass(30);
  t.deepEqual(ready(), [false, false, false]);
  t.regex(why(0) ?? '', /is 1\d\d s old/);
});

test('a replica that is the only one stays', async (t) => {
  const { lose, pass, ready } = replicas(1, { maxAge: 120_000 });
  lose(0);
  await pass(1000);
  t.deepEqual(ready(), [true]);
});

const [embedded] = storeKinds as [(typeof storeKinds)[number]];

for (const scheme of ['http', 'https']) {
  test(`replicas ask each other over ${scheme}`, async (t) => {
    const authority = await CertificateAuthority.create(temporaryFolder(t));
    const { certFile: tlsCertFile, keyFile: tlsKeyFile } = await authority.issue('replica');
    const tls = { tlsCertFile, tlsKeyFile, tlsClientCaFile: undefined };
    const clock = new ManualClock();
    const age = { mine: 0, theirs: 0 };
    const options = { maxAge: 600_000, clock };
    const theirs = new Peers({ ...options, url: undefined, age: () => age.theirs });
    const other = await startService(t, embedded, { peers: () => theirs, ...(scheme === 'https' ? { tls } : {}) });
    const url = `${scheme}://127.0.0.1:${other.port}`;
    const mine = new Peers({ ...options, url, caFile: authority.certFile, age: () => age.mine });
    t.teardown(() => mine.close());
    const service = await startService(t, embedded, { peers: () => mine });
    const status = async () => (await call(service, '/readyz')).status;
    t.is(await status(), 200);
    const until = async (wanted: number) => {
      for (let tries = 0; (await status()) !== wanted; tries++) {
        if (tries > 500) return t.fail(`never ${wanted}`);
        clock.pass(2000);
      }
    };
    age.mine = 30_000;
    await until(503);
    const answer = await call(service, '/readyz');
    assertProblem(t, answer, 'not-ready');
    t.like(answer.headers, { age: '30', 'kvstore-replica': mine.id });
    age.theirs = 30_000;
    await until(200);
  });
}

test('questions over https that fail are logged once for each reason and counted; a missing authority is said at the start', async (t) => {
  const folder = temporaryFolder(t);
  const authority = await CertificateAuthority.create(folder);
  const { certFile: tlsCertFile, keyFile: tlsKeyFile } = await authority.issue('replica');
  const tls = { tlsCertFile, tlsKeyFile, tlsClientCaFile: undefined };
  const clock = new ManualClock();
  const theirs = new Peers({ url: undefined, age: () => 0, maxAge: 600_000, clock });
  const other = await startService(t, embedded, { peers: () => theirs, tls });
  const warnings: string[] = [];
  const log = { warn: (_: object, message: string) => void warnings.push(message) } as Pick<Logger, 'warn'>;
  const registry = new Registry();
  const caFile = join(folder, 'peers.crt');
  const url = `https://127.0.0.1:${other.port}`;
  const mine = new Peers({ url, caFile, age: () => 30_000, maxAge: 600_000, clock, log, registry });
  t.teardown(() => mine.close());
  t.deepEqual(warnings, [
    'KV_PEERS_CA_FILE is not there: other replicas are checked against the authorities that Node knows',
  ]);
  const failures = async () =>
    Number(/^kvstore_peer_failures_total (\d+)/m.exec(await registry.metrics())?.[1] ?? Number.NaN);
  await waitFor('three questions fail', async () => {
    clock.pass(2000);
    return (await failures()) >= 3;
  });
  t.deepEqual(warnings.slice(1), ['the other replicas cannot be asked']);
  // The file is read again at each question.
  await copyFile(authority.certFile, caFile);
  await waitFor('the other one is asked', () => {
    clock.pass(2000);
    return mine.notReady() !== undefined;
  });
  t.regex(mine.notReady() ?? '', /^Other replicas reach the store/);
});

contractTest('a read that does not wait says how old it may be, where it may be old', async (t, kind) => {
  const service = await startService(t, kind);
  await set(service, { a: 1 });
  for (const target of ['/get/a', '/', '/search?prefix=a']) {
    const stale = await call(service, `${target}${target.includes('?') ? '&' : '?'}consistency=stale`);
    if (service.store.age === undefined) t.is(stale.headers.age, undefined);
    else t.regex(String(stale.headers.age), /^\d+$/);
    t.is((await call(service, target)).headers.age, undefined);
  }
});
