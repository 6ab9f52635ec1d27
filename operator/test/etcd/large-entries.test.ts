/** What etcd keeps of large values besides its database: a member's memory, and its write-ahead log. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { EtcdCluster } from '../../../test-support/etcd-cluster.ts';
import { MemoryWatch } from '../../../test-support/process-memory.ts';
import { waitFor } from '../../../test-support/wait-for.ts';
import { sharedSettings } from '../../src/etcd/settings.ts';

const mib = 2 ** 20;

test('a thousand sets of a mebibyte stay within a memory of 1 GiB, and the log loses what is old', async (t) => {
  const settings = sharedSettings({ volumeBytes: 1024 * mib, memoryBytes: 1024 * mib });
  // The quota of this volume is full long before, and this test calls etcd by HTTP.
  const own = { ...settings, 'quota-backend-bytes': 4096 * mib, 'enable-grpc-gateway': true };
  const flags = Object.entries(own).map(([name, value]) => `--${name}=${value}`);
  const cluster = await EtcdCluster.start({ flags });
  t.teardown(() => cluster.stop());
  const [member] = cluster.members;
  if (member === undefined) throw new Error('No member');
  using memory = new MemoryWatch(member.pid, 'RssAnon');
  const base64 = (bytes: Buffer) => bytes.toString('base64');
  const body = JSON.stringify({ key: base64(Buffer.from('key')), value: base64(Buffer.alloc(mib, 'x')) });
  for (let i = 0; i < 1000; i++) {
    const answer = await fetch(`${member.url}/v3/kv/put`, { method: 'POST', body });
    t.is(answer.status, 200, await answer.text());
  }
  t.true(memory.most < 900, `${memory.most} MiB`);
  t.true(memory.most > 100, 'it was looked at');

  // etcd looks every 30 s. 128 entries of a mebibyte, two files that are kept, the one that is written and one ahead.
  const log = join(member.dataDir, 'member', 'wal');
  const files = () => readdirSync(log).length;
  await waitFor('the log has lost what is old', () => files() <= 7, { timeout: 60_000, interval: 500 });
});
