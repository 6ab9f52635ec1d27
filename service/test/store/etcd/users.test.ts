/** An etcd that takes a certificate's common name for a user, as the one that the operator runs does. */
import test, { type ExecutionContext } from 'ava';
import { waitFor } from '../../../../test-support/wait-for.ts';
import type { EtcdStore } from '../../../src/store/etcd/etcd-store.ts';
import { startCertifiedEtcd } from './certified-etcd.ts';
import { openReady, read } from './harness.ts';

const prefix = '/mine/';

/** Uses all of the store's calls, over and over, until it is told to stop, or the test has ended. */
function use(t: ExecutionContext, store: EtcdStore, name: string) {
  const failures: string[] = [];
  let rounds = 0;
  let stopped = false;
  // A store that is closed fails at once: the loop would let nothing else run.
  t.teardown(() => {
    stopped = true;
  });
  const round = async () => {
    const key = `${name}${rounds}`;
    await store.set([{ key, value: '1' }]);
    if ((await read(store, key)) !== '1') failures.push(`${key} is not read back`);
    await store.set([{ key, value: '2' }], { condition: { version: 'any' } });
    await store.set([{ key, value: '3' }], { ttl: 1000 });
    if ((await store.delete([key])).deleted !== 1) failures.push(`${key} was not there to be deleted`);
    rounds++;
  };
  const run = async () => {
    while (!stopped) await round().catch((error: unknown) => void failures.push(String(error)));
  };
  const runs = run();
  return {
    rounds: () => rounds,
    failures,
    stop: async () => {
      stopped = true;
      await runs;
    },
  };
}

test('users are told apart from some moment on, and roles change: no request fails', async (t) => {
  const { authority, etcd } = await startCertifiedEtcd(t, 3);
  const files = { caFile: authority.certFile, ...(await authority.issue('service')) };
  const { store } = await openReady(t, { endpoints: etcd.endpoints, prefix, ...files });
  const users = Array.from({ length: 8 }, (_, n) => use(t, store, `user${n}-`));
  const command = (line: string) => etcd.command(...line.split(' '));
  const another = async (what: string) => {
    const before = users.map(({ rounds }) => rounds());
    await waitFor(`everybody has gone on after ${what}`, () =>
      users.every(({ rounds }, n) => rounds() > (before[n] ?? 0)),
    );
  };

  await another('the start');
  for (const line of [
    'user add root --no-password',
    'user grant-role root root',
    'user add etcdctl --no-password',
    'user grant-role etcdctl root',
    'role add service',
    `role grant-permission service readwrite --prefix ${prefix}`,
    'user add service --no-password',
    'user grant-role service service',
  ]) {
    await command(line);
  }
  for (let turn = 0; turn < 5; turn++) {
    await command('auth enable');
    await another('auth enable');
    await command('role grant-permission service read /other');
    await command('role revoke-permission service /other');
    await another('changes of a role');
    await command('auth disable');
    await another('auth disable');
  }
  await command('auth enable');

  // A watch is opened anew by a user.
  const [member] = etcd.members;
  await member?.kill();
  member?.start();
  // The member may have led: etcd refuses what it had when it was killed.
  await waitFor('etcd takes a write', () => etcd.command('put', `${prefix}k/b`, '2').then(() => true));
  await waitFor('the watch brings what comes', () => store.get('b')?.value === '2');
  await Promise.all(users.map(({ stop }) => stop()));
  // The killed member may have had writes whose outcome is unknown.
  const failures = users.flatMap((user) => user.failures);
  t.log(`${users.reduce((sum, { rounds }) => sum + rounds(), 0)} rounds`);
  t.deepEqual(
    failures.filter((failure) => !/Whether the write happened/.test(failure)),
    [],
  );
});
