/** Tokens for the API, as docs/operator.md and docs/backup.md say: calls without one are refused, and they rotate. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { get, type IncomingMessage } from 'node:http';
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

const [reader, writer, next, limited] = ['token-to-read', 'token-to-write', 'token-of-tomorrow', 'token-of-a-team'];

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

test('a token that is limited to prefixes sees and changes what begins with them, through the Ingress', async (t) => {
  const namespace = await makeNamespace(t);
  const digest = `sha256:${createHash('sha256').update(limited).digest('hex')}`;
  const ofTeam = JSON.stringify({ name: 'team-a', digest, may: 'write', prefixes: ['team-a/'] });
  await secret(namespace, 'shop-tokens', 'tokens', `${line('rw', 'shop', writer)}${ofTeam}\n`);
  const auth = { tokensSecretName: 'shop-tokens' };
  const etcd = { members: 1, storage: { size: '1Gi' } };
  const store = await createKvStore(namespace, { replicas: 2, etcd, auth }, 'shop', 401);
  const as = (token: string, method: string, path: string, body?: string) =>
    send(store, method, path, body, { Authorization: `Bearer ${token}` });

  t.is((await as(writer, 'POST', '/set', '{"team-a/1":1,"team-b/1":2,"other":3}')).status, 200);
  t.like(await as(limited, 'GET', '/whoami'), {
    status: 200,
    body: '{"name":"team-a","may":"write","prefixes":["team-a/"],"expires":null,"limits":null}',
  });
  t.is((await as(limited, 'GET', '/')).body, '{"team-a/1":1}');
  t.is((await as(limited, 'GET', '/search?prefix=')).body, '["team-a/1"]');
  t.is((await as(limited, 'GET', '/search?suffix=%2F1')).body, '["team-a/1"]');
  t.is((await as(writer, 'GET', '/search?suffix=%2F1')).body, '["team-a/1","team-b/1"]');
  const refused = [
    await as(limited, 'GET', '/get/other'),
    await as(limited, 'GET', '/get/never'),
    await as(limited, 'POST', '/set', '{"team-a/2":1,"other":4}'),
    await as(limited, 'DELETE', '/get/team-b/1'),
  ];
  for (const { status, body } of refused) t.regex(`${status} ${body}`, /^403 .*"code":"outside-prefixes"/);

  const events = await watchUntil(store, limited, '"team-a/3"', async () => {
    t.is((await as(writer, 'POST', '/set', '{"other":5,"team-b/1":6}')).status, 200);
    t.is((await as(limited, 'POST', '/set', '{"team-a/3":7}')).status, 200);
  });
  t.notRegex(events, /other|team-b/);
  t.is((await as(writer, 'GET', '/get/other')).body, '5', 'what was refused changed nothing');
  t.is((await as(limited, 'GET', '/')).body, '{"team-a/1":1,"team-a/3":7}');
});

/**
 * What a watch brings until the text is among it.
 * @param act what is done once the watch has begun
 */
async function watchUntil(
  { url, host }: KvStoreHandle,
  token: string,
  text: string,
  act: () => Promise<void>,
): Promise<string> {
  const headers = { host, Authorization: `Bearer ${token}` };
  const request = get(new URL('/watch', url), { headers, timeout: 30_000 });
  request.on('timeout', () => request.destroy(new Error('The watch brought nothing for 30 s')));
  try {
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    let seen = '';
    let acting: Promise<void> | undefined;
    for await (const piece of response.setEncoding('utf8')) {
      seen += piece;
      acting ??= act().catch((error) => void request.destroy(error));
      if (seen.includes(text)) break;
    }
    await acting;
    return seen;
  } finally {
    request.destroy();
  }
}

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
