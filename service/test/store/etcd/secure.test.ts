import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { EtcdCluster } from '../../../../test-support/etcd-cluster.ts';
import { temporaryFolder } from '../../../../test-support/temporary-folder.ts';
import { waitFor } from '../../../../test-support/wait-for.ts';
import { open, openReady, read } from './harness.ts';

test('TLS: the member is checked against the file of authorities', async (t) => {
  const etcd = await EtcdCluster.start({ tls: true });
  t.teardown(() => etcd.stop());
  const other = await EtcdCluster.start({ tls: true });
  t.teardown(() => other.stop());
  const { store } = await openReady(t, { endpoints: etcd.endpoints, caFile: etcd.members[0]?.certificateFile });
  await store.set([{ key: 'a', value: '1' }]);
  t.is(await read(store, 'a'), '1');
  const wrong = { endpoints: etcd.endpoints, caFile: other.members[0]?.certificateFile, requestTimeout: 1000 };
  const { store: refused } = await open(t, wrong);
  await t.throwsAsync(read(refused, 'a'), { message: /No fresh read/ });
  t.truthy(refused.notReady());
});

test('user and password: the role of the prefix is enough, a lost token is got anew, a wrong password is named', async (t) => {
  const etcd = await EtcdCluster.start();
  t.teardown(() => etcd.stop());
  const prefix = '/mine/';
  const directory = temporaryFolder(t);
  const usernameFile = join(directory, 'username');
  const passwordFile = join(directory, 'password');
  const wrongFile = join(directory, 'wrong');
  await Promise.all([
    writeFile(usernameFile, 'kv\n'),
    writeFile(passwordFile, 'secret\n'),
    writeFile(wrongFile, 'guessed'),
  ]);
  for (const command of [
    'user add root:rootpw',
    'user grant-role root root',
    'user add kv:secret',
    'role add kv',
    `role grant-permission kv readwrite --prefix ${prefix}`,
    'user grant-role kv kv',
    'auth enable',
  ]) {
    await etcd.command(...command.split(' '));
  }
  etcd.ctlFlags = ['--user', 'root:rootpw'];

  const secrets = { endpoints: etcd.endpoints, prefix, usernameFile, passwordFile };
  const { store } = await openReady(t, secrets);
  await store.set([{ key: 'a', value: '1' }]);
  t.is(await read(store, 'a'), '1');
  await etcd.command('put', `${prefix}k/b`, '2');
  await waitFor('the watch brings it', () => store.get('b')?.value === '2');

  // All that the store does works with that role.
  await store.set([{ key: 'c', value: '1' }], { ttl: 1000 });
  const refusedCondition = store.set([{ key: 'c', value: '2' }], { ttl: 1000, condition: { absent: true } });
  await t.throwsAsync(refusedCondition, { message: /exists/ });
  await waitFor('the lease that nothing hangs on is given back', async () => (await etcd.leases()).length === 1);
  t.is((await store.delete(['c'])).deleted, 1);
  const heard: string[] = [];
  const watch = store.watch(1, {
    opened: () => {},
    revision: ({ changes }) => void heard.push(...changes.map(({ key }) => key)),
    end: (problem) => t.fail(String(problem)),
  });
  t.teardown(() => watch.close());
  await waitFor('the watch brings what was', () => heard.join('') === 'abcc');

  // etcd forgets its tokens when it starts.
  const [member] = etcd.members;
  await member?.kill();
  member?.start();
  await waitFor('a write works again', async () => {
    await store.set([{ key: 'a', value: '3' }]);
    return true;
  });
  t.is(await read(store, 'a'), '3');

  const { store: refused } = await open(t, { ...secrets, passwordFile: wrongFile, requestTimeout: 1000 });
  await waitFor('the store says why', () => /authentication failed/.test(refused.notReady() ?? ''));
  await t.throwsAsync(read(refused, 'a'), { message: /No fresh read/ });
});
