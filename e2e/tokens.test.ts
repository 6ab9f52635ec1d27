/** Tokens for the API, as docs/operator.md and docs/backup.md say: calls without one are refused, and they rotate. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import test from 'ava';
import { waitFor } from '../test-support/wait-for.ts';
import { backUp, neverBySchedule } from './support/backup.ts';
import { send } from './support/client.ts';
import { apply, getFromPod } from './support/kubectl.ts';
import { createKvStore, type KvStoreHandle, makeNamespace } from './support/kvstore.ts';
import { installOperator } from './support/operator.ts';

test.before('install', installOperator);

const [reader, writer, next] = ['token-to-read', 'token-to-write', 'token-of-tomorrow'];

/** A line of the file, as docs/api.md describes it. */
function line(access: 'ro' | 'rw', name: string, token: string): string {
  return `${access} ${name} sha256:${createHash('sha256').update(token).digest('hex')}\n`;
}

/** The status of a call with the token, or without one. */
async function status(store: KvStoreHandle, method: string, path: string, token?: string): Promise<number> {
  const body = method === 'POST' ? '{"a":1}' : undefined;
  const headers = token === undefined ? undefined : { Authorization: `Bearer ${token}` };
  return (await send(store, method, path, body, headers)).status;
}

test('a token of the Secret is needed; a wrong one is refused; another Secret is in force without a restart', async (t) => {
  const namespace = await makeNamespace(t);
  const store = await createKvStore(namespace, {}, 'shop');
  await secret(namespace, 'shop-tokens', 'tokens', line('ro', 'report', reader) + line('rw', 'shop', writer));
  await secret(namespace, 'shop-backup-token', 'token', reader);
  const backup = { schedule: neverBySchedule, storage: { size: '1Gi' }, tokenSecretName: 'shop-backup-token' };
  await store.patch({ auth: { tokensSecretName: 'shop-tokens' }, backup });
  await store.settled();

  // Any replica may answer: all of them have it when none answers otherwise any more.
  const all = async (token: string | undefined, wanted: number) => {
    const codes = await Promise.all(Array.from({ length: 30 }, () => status(store, 'GET', '/', token)));
    return codes.every((code) => code === wanted);
  };
  await waitFor('calls without a token are refused', () => all(undefined, 401), { timeout: 60_000, interval: 500 });
  const answers = {
    none: [await status(store, 'GET', '/'), await status(store, 'POST', '/set')],
    wrong: [await status(store, 'GET', '/', next), await status(store, 'POST', '/set', next)],
    reader: [await status(store, 'GET', '/', reader), await status(store, 'POST', '/set', reader)],
    writer: [await status(store, 'GET', '/', writer), await status(store, 'POST', '/set', writer)],
  };
  t.deepEqual(answers, { none: [401, 401], wrong: [401, 401], reader: [200, 403], writer: [200, 200] });
  const pods = await store.servicePods();
  const [pod] = pods;
  const metrics = await getFromPod(namespace, pod?.name ?? '', 8080, '/metrics');
  t.regex(metrics, /^kvstore_tokens\{access="ro"\} 1$/m, 'metrics stay open inside');
  await backUp(store, 'by-hand');

  const changed = { tokens: line('rw', 'shop', next) };
  await apply({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'shop-tokens', namespace }, stringData: changed });
  const rotated = async () => (await all(next, 200)) && (await all(writer, 401));
  await waitFor('the new token is in force', rotated, { timeout: 240_000, interval: 1000 });
  t.deepEqual((await store.servicePods()).map(({ uid }) => uid).sort(), pods.map(({ uid }) => uid).sort());
});

/** As it is documented: from a file that is named as the Secret's key. */
async function secret(namespace: string, name: string, key: string, text: string): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'kvstore-tokens-'));
  try {
    await writeFile(join(folder, key), text);
    const words = ['create', 'secret', 'generic', name, `--from-file=${key}`, '-n', namespace];
    await promisify(execFile)('kubectl', words, { cwd: folder });
  } finally {
    await rm(folder, { recursive: true });
  }
}
