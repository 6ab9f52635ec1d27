import { mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import test, { type ExecutionContext } from 'ava';
import pino from 'pino';
import { Registry } from 'prom-client';
import { temporaryFolder } from '../../../test-support/temporary-folder.ts';
import { waitFor } from '../../../test-support/wait-for.ts';
import { TokenFile } from '../../src/auth/token-file.ts';
import { tokenMetrics } from '../../src/auth/token-metrics.ts';
import { followInterval } from '../../src/followed-files.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { bothTokens, digestOf, reader, writer } from '../support/tokens.ts';

async function opened(t: ExecutionContext, path = 'tokens') {
  const folder = temporaryFolder(t);
  const file = join(folder, path);
  const logged: string[] = [];
  const log = pino(
    { level: 'trace' },
    new Writable({
      write(chunk, _encoding, done) {
        logged.push(String(chunk));
        done();
      },
    }),
  );
  const registry = new Registry();
  const clock = new ManualClock();
  const open = async () => {
    const tokens = await TokenFile.open({ file, log, metrics: tokenMetrics(registry), clock });
    t.teardown(() => tokens.close());
    return tokens;
  };
  /** Lets the file be looked at once more. */
  const look = async () => {
    clock.pass(followInterval);
    await waitFor('the look at the file', () => clock.waiting === 1);
  };
  return { folder, file, logged, registry, clock, open, look };
}

test('a changed file is in force without a restart, and one that is moved there too', async (t) => {
  const { file, folder, open, look } = await opened(t);
  await writeFile(file, bothTokens);
  const tokens = await open();
  t.is(tokens.use(writer)?.name, 'shop');
  await writeFile(file, `rw new ${digestOf('new')}\nro dashboard ${digestOf(reader)}`);
  t.is(tokens.use('new'), undefined);
  await look();
  t.is(tokens.use('new')?.access, 'rw');
  t.is(tokens.use(writer), undefined, 'what is taken out is refused');
  await writeFile(join(folder, 'next'), bothTokens);
  await rename(join(folder, 'next'), file);
  await look();
  t.is(tokens.use('new'), undefined);
  t.is(tokens.use(writer)?.name, 'shop');
});

test("the way Kubernetes changes a Secret's volume: a link to a folder is replaced", async (t) => {
  const { folder, open, look } = await opened(t);
  const version = async (name: string, text: string) => {
    await mkdir(join(folder, name));
    await writeFile(join(folder, name, 'tokens'), text);
    await symlink(name, join(folder, '..data_tmp'));
    await rename(join(folder, '..data_tmp'), join(folder, '..data'));
  };
  await version('..one', bothTokens);
  await symlink('..data/tokens', join(folder, 'tokens'));
  const tokens = await open();
  await version('..two', `ro dashboard ${digestOf('other')}`);
  await rm(join(folder, '..one'), { recursive: true });
  await look();
  t.is(tokens.use(reader), undefined);
  t.is(tokens.use('other')?.name, 'dashboard');
});

test('a broken file keeps the last good tokens, is logged once and shown as a metric', async (t) => {
  const { file, logged, registry, open, look } = await opened(t);
  const metric = async () => (await registry.metrics()).match(/^kvstore_tokens_last_reload_successful (\d)$/m)?.[1];
  await writeFile(file, bothTokens);
  const tokens = await open();
  t.is(await metric(), '1');
  for (const change of [() => writeFile(file, 'rw shop secret-text'), () => writeFile(file, ''), () => rm(file)]) {
    logged.length = 0;
    await change();
    await look();
    await look();
    t.is(tokens.use(writer)?.name, 'shop');
    t.is(await metric(), '0');
    t.is(logged.length, 1, logged.join(''));
    t.true(logged[0]?.includes('"level":50') && logged[0].includes(file));
    t.notRegex(logged.join(''), /secret-text/);
  }
  await writeFile(file, bothTokens);
  await look();
  t.is(await metric(), '1');
  t.is(tokens.use(writer)?.name, 'shop');
});

test('without a file that can be used there is nothing to begin with', async (t) => {
  const { file, open } = await opened(t);
  await t.throwsAsync(open, { message: `The tokens in ${file} cannot be used: ENOENT.` });
  await writeFile(file, 'ro a secret-text');
  const error = await t.throwsAsync(open);
  t.notRegex(String(error), /secret-text/);
});

test('metrics tell how many tokens are in force, and which of them are used', async (t) => {
  const { file, registry, open, look } = await opened(t);
  await writeFile(file, bothTokens);
  const tokens = await open();
  t.regex(await registry.metrics(), /^kvstore_tokens\{access="ro"\} 1\nkvstore_tokens\{access="rw"\} 1$/m);
  const used = async () => [
    ...(await registry.metrics()).matchAll(/^kvstore_token_last_used_.*\{token="([^"]*)",.*\} 1/gm),
  ];
  t.deepEqual(await used(), []);
  tokens.use(writer);
  t.deepEqual(
    (await used()).map(([, name]) => name),
    ['shop'],
  );
  await writeFile(file, `${bothTokens}ro other ${digestOf('other')}`);
  await look();
  t.deepEqual(
    (await used()).map(([, name]) => name),
    ['shop'],
    'a change of others loses nothing',
  );
  await writeFile(file, `rw shop ${digestOf('replaced')}`);
  await look();
  t.deepEqual(await used(), [], 'another token under the same name is not used yet');
});

test('a closed file is looked at no more', async (t) => {
  const { file, clock, open } = await opened(t);
  await writeFile(file, bothTokens);
  const tokens = await open();
  tokens.close();
  t.is(clock.waiting, 0);
});

const day = 86_400_000;
/** The wall time at which ManualClock begins. */
const began = 1_700_000_000_000;
const expiring = (name: string, token: string, days: number) =>
  JSON.stringify({ name, token, may: 'read', expires: new Date(began + days * day).toISOString() });

test('a token that has expired is not in force, and listeners are called at once', async (t) => {
  const { file, clock, open, registry } = await opened(t);
  await writeFile(
    file,
    [expiring('short', 'short', 1), expiring('long', 'long', 2), `ro b ${digestOf(reader)}`].join('\n'),
  );
  const tokens = await open();
  let changes = 0;
  tokens.onChange(() => changes++);
  const short = tokens.use('short');
  const long = tokens.use('long');
  if (short === undefined || long === undefined) throw new Error('not in force');
  clock.pass(day - 1);
  t.true(tokens.holds(short));
  t.is(tokens.expired('short'), undefined);
  const before = changes;
  clock.pass(1);
  t.is(changes, before + 1);
  t.is(tokens.use('short'), undefined);
  t.false(tokens.holds(short));
  t.is(tokens.expired('short')?.name, 'short');
  t.is(tokens.expired('never'), undefined);
  t.true(tokens.holds(long));
  t.regex(
    await registry.metrics(),
    new RegExp(
      `^kvstore_token_expiry_timestamp_seconds\\{token="short",digest="[0-9a-f]{8}"\\} ${began / 1000 + 86_400}$`,
      'm',
    ),
  );
  tokens.close();
  t.is(clock.waiting, 0);
});

test('a token whose prefixes have changed is another one to watches', async (t) => {
  const { file, open, look } = await opened(t);
  const entry = (prefixes?: readonly string[]) => JSON.stringify({ name: 'a', token: 'a', may: 'read', prefixes });
  await writeFile(file, entry(['x', 'y']));
  const tokens = await open();
  const token = tokens.use('a');
  if (token === undefined) throw new Error('not in force');
  await writeFile(file, `${entry(['y', 'x', 'xx'])}\n`);
  await look();
  t.true(tokens.holds(token), 'the same keys');
  for (const prefixes of [['x'], undefined]) {
    await writeFile(file, entry(prefixes));
    await look();
    t.false(tokens.holds(token));
  }
});

test('of two tokens with one name metrics show which is used', async (t) => {
  const { file, registry, open } = await opened(t);
  await writeFile(file, `ro a ${digestOf('old')}\nro a ${digestOf('new')}`);
  const tokens = await open();
  t.is(tokens.use('new')?.name, 'a');
  const digest = digestOf('new').slice('sha256:'.length, 'sha256:'.length + 8);
  const used = [...(await registry.metrics()).matchAll(/^kvstore_token_last_used_.*\{(.*)\}/gm)];
  t.deepEqual(
    used.map(([, labels]) => labels),
    [`token="a",digest="${digest}"`],
  );
});
