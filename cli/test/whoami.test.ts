/** whoami: what a token may do, in words and as JSON, and how a command ends that the token may not. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { startService } from '../../test-support/service-process/launch.ts';
import { temporaryFolder } from '../../test-support/temporary-folder.ts';
import { cli } from './support/cli.ts';

test('whoami prints what the token may do; a key that it does not reach ends with 5', async (t) => {
  const folder = temporaryFolder(t);
  const [tokens, token] = [join(folder, 'tokens'), join(folder, 'token')];
  const limited = {
    ...{ name: 'team-a', token: 'limited-token', may: 'write', prefixes: ['team-a/'] },
    ...{ expires: '2999-12-31', limits: { requests: 1000 } },
  };
  await writeFile(tokens, `${JSON.stringify(limited)}\n${JSON.stringify({ name: 'all', token: 'all', may: 'read' })}`);
  const env = { KV_DATA_DIR: join(folder, 'data'), KV_TOKENS_FILE: tokens };
  const { url } = await startService(t, { env });
  await writeFile(token, 'limited-token\n');
  const withToken = { url, env: { KV_TOKEN_FILE: token } };
  const { stdout } = await cli(t, ['whoami'], withToken);
  t.is(
    stdout,
    'token    team-a\nmay      read and write\nkeys     those that begin with "team-a/"\n' +
      'expires  2999-12-31T00:00:00.000Z\nlimits   1000 requests a second, of each replica\n',
  );
  const { stdout: json } = await cli(t, ['whoami', '--json'], withToken);
  t.deepEqual(JSON.parse(json), {
    ...{ name: 'team-a', may: 'write', prefixes: ['team-a/'], expires: '2999-12-31T00:00:00.000Z' },
    limits: { requests: 1000, bytes: null },
  });
  t.like(await cli(t, ['set', 'team-a/1', '1'], withToken), { code: 0 });
  const refused = await cli(t, ['set', 'team-b/1', '1'], withToken);
  t.is(refused.code, 5);
  t.regex(
    refused.stderr,
    /403 outside-prefixes: The token reaches keys that begin with "team-a\/"; "team-b\/1" does not/,
  );
  t.is((await cli(t, ['get', 'team-b/1'], withToken)).code, 5);
  t.is((await cli(t, ['export'], withToken)).stdout.split('\n').length, 2);
  const backup = await cli(t, ['backup', join(folder, 'backups'), '--keep', '1'], withToken);
  t.is(backup.code, 5, 'a backup has all keys or is none');
  t.regex(
    backup.stderr,
    /the token "team-a" reaches only keys that begin with "team-a\/": a backup would have no others/,
  );
  await writeFile(token, 'all');
  t.is((await cli(t, ['backup', join(folder, 'backups'), '--keep', '1'], withToken)).code, 0);
  t.regex(
    (await cli(t, ['whoami'], withToken)).stdout,
    /^may {6}read$\nkeys {5}all$\nexpires {2}never$\nlimits {3}none$/m,
  );
  t.is((await cli(t, ['whoami'], { url })).code, 5);
});

test('without tokens whoami says that everything is allowed', async (t) => {
  const { url } = await startService(t, { env: { KV_DATA_DIR: temporaryFolder(t) } });
  t.regex((await cli(t, ['whoami'], { url })).stdout, /^token {4}none is needed\nmay {6}read and write\nkeys {5}all\n/);
});
