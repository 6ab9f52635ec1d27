/** What somebody at a terminal sees of the program. */
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import test from 'ava';
import { listen } from '../../test-support/network/listen.ts';
import { launch, startService } from '../../test-support/service-process/launch.ts';
import { temporaryFolder } from '../../test-support/temporary-folder.ts';
import { helpText } from '../src/config.ts';
import { bearer, bothTokens, writer } from './support/tokens.ts';

test('--help and -h print the settings and end with 0, whatever the environment holds', async (t) => {
  for (const flag of ['--help', '-h']) {
    const help = launch(t, { args: [flag], env: { KV_PORT: 'nonsense' } });
    t.is((await help.ended).code, 0);
    t.is(help.text.join('\n').trim(), helpText().trim());
    t.is(help.stderr(), '');
  }
});

test('all faults of the configuration come in one message, with exit code 2', async (t) => {
  const env = { KV_PORT: 'http', KV_MAX_BODY: '1MB', KV_LOG_LEVEL: 'loud', KV_DATA_DIR: temporaryFolder(t) };
  const service = launch(t, { env });
  t.is((await service.ended).code, 2);
  for (const name of ['KV_PORT', 'KV_MAX_BODY', 'KV_LOG_LEVEL']) t.true(service.stderr().includes(name), name);
  t.notRegex(service.stderr(), /^ +at /m, 'no stack');
});

test('a port in use is said so, with exit code 1', async (t) => {
  const other = createServer();
  const port = await listen(other);
  t.teardown(() => other.close());
  const service = launch(t, { env: { KV_PORT: String(port), KV_DATA_DIR: temporaryFolder(t) } });
  t.is((await service.ended).code, 1);
  t.is(service.stderr(), `kvstore: Cannot listen on 127.0.0.1:${port}: another process uses the port.\n`);
});

test('the first line says what one asks first: mode, version, folder, tokens', async (t) => {
  const folder = temporaryFolder(t);
  const service = await startService(t, { env: { KV_DATA_DIR: folder } });
  const line = service.log.find(({ msg }) => msg === 'listening');
  t.like(line, { mode: 'embedded', tokens: false, revision: 0, dataDir: folder, node: process.version });
  t.is(typeof line?.['service.version'], 'string');
  t.false('etcdEndpoints' in (line ?? {}));
});

test('a misspelt setting is logged and ignored', async (t) => {
  const service = await startService(t, { env: { KV_PROT: '1', KV_DATA_DIR: temporaryFolder(t) } });
  t.true(service.log.some(({ name, level }) => name === 'KV_PROT' && level === 40));
});

test('tokens that cannot be used end the start; those that can are required, and never logged', async (t) => {
  const folder = temporaryFolder(t);
  const file = join(folder, 'tokens');
  const env = { KV_TOKENS_FILE: file, KV_LOG_LEVEL: 'trace', KV_DATA_DIR: join(folder, 'data') };
  const early = launch(t, { env });
  t.is((await early.ended).code, 1);
  t.is(early.stderr(), `kvstore: The tokens in ${file} cannot be used: ENOENT.\n`);
  writeFileSync(file, bothTokens);
  const service = await startService(t, { env });
  const status = async (headers: Record<string, string>) => (await fetch(`${service.url}/`, { headers })).status;
  t.deepEqual([await status({}), await status(bearer(writer)), await status(bearer('wrong-token'))], [401, 200, 401]);
  t.is((await service.stop()).code, 0);
  t.notRegex(JSON.stringify([service.log, service.text, service.stderr()]), /writer-token|wrong-token/);
});
