/** Every command of docs/runbooks.md, against the programs and the API that it is for. The game day runs some of them. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import test from 'ava';
import { etcdNames } from '../../operator/src/etcd/names.ts';
import { secretNames } from '../../operator/src/etcd/tls/secrets.ts';
import { pathOf, resources } from '../../operator/src/kube/resources.ts';
import type { KvStore } from '../../operator/src/kvstore.ts';
import { startCluster } from '../../operator/test/support/cluster.ts';
import { needBinary } from '../../test-support/programs/binaries.ts';
import { stepsOf } from '../../test-support/project/documented-steps.ts';

const run = promisify(execFile);
const page = await readFile(new URL('../../docs/runbooks.md', import.meta.url), 'utf8');
const blocks = stepsOf(page);
/** In blocks, and between the words. */
const inline = [...page.matchAll(/`((?:kubectl|in_etcd|kv) [^`]+)`/g)].map(([, command = '']) => command);
const commands = [...blocks.flatMap((block) => block.replaceAll(/\\\n/g, '').split('\n')), ...inline]
  .map((line) => line.trim().replace(/\s+#.*$/, ''))
  // What stands in "$(...)" is a command of its own.
  .flatMap((line) => [line.replaceAll(/\$\([^)]*\)/g, 'RESULT'), ...(line.match(/(?<=\$\()[^)]*/g) ?? [])])
  .filter((line) => line !== '');

/** Calls of a program, each up to what ends a command. */
function callsOf(program: RegExp): string[][] {
  return commands.flatMap((command) =>
    [...command.matchAll(new RegExp(`(?:^|[|&;(]\\s*|do\\s+)${program.source}\\s+([^|&;<>]*)`, 'g'))].map(
      ([, rest = '']) => [...rest.matchAll(/'[^']*'|"[^"]*"|\S+/g)].map(([word]) => word),
    ),
  );
}

const flagsOf = (words: readonly string[]) =>
  words.flatMap((word) => /^(--[a-z][a-z-]*|-[a-zA-Z])(?:=|$)/.exec(word)?.[1] ?? []);

test('there are commands for every kind of program', (t) => {
  t.true(callsOf(/kubectl/).length > 100);
  t.true(callsOf(/in_etcd/).length > 10);
});

test('each block is a script that bash reads', async (t) => {
  for (const block of blocks) await t.notThrowsAsync(run('bash', ['-n', '-c', block]), block);
});

test('kubectl has the commands and their flags', async (t) => {
  const { stdout: everywhere } = await run(needBinary('kubectl'), ['options']);
  const helps = new Map<string, string>();
  for (const words of callsOf(/(?:command )?kubectl/)) {
    const own = words.includes('--') ? words.slice(0, words.indexOf('--')) : words;
    // The flag -n NAMESPACE may stand before the command.
    const bare = own[0] === '-n' ? own.slice(2) : own;
    const [verb = '', what = ''] = bare;
    const name =
      verb === 'rollout' || verb === 'top' || (verb === 'create' && what === 'secret') ? [verb, what] : [verb];
    if (verb === 'create' && what === 'secret') name.push(bare[2] ?? '');
    if (verb === 'create' && what === 'job') name.push(what);
    const key = name.join(' ');
    if (!helps.has(key)) helps.set(key, (await run(needBinary('kubectl'), [...name, '--help'])).stdout);
    const help = helps.get(key) ?? '';
    t.regex(help, new RegExp(`kubectl ${name[0]}`), key);
    for (const flag of flagsOf(bare)) {
      const shown = new RegExp(`(?:^|\\s)${flag}(?:=|,|\\s)`, 'm');
      t.true(shown.test(help) || shown.test(everywhere), `kubectl ${key} has no ${flag}`);
    }
  }
});

test('etcdctl has the commands and their flags', async (t) => {
  for (const words of callsOf(/in_etcd/)) {
    const name = words.filter((word) => /^[a-z]+$/.test(word)).slice(0, /^(get|del)$/.test(words[0] ?? '') ? 1 : 2);
    const { stdout: help } = await run(needBinary('etcdctl'), [...name, '--help']);
    t.regex(help, new RegExp(`etcdctl ${name.join(' ')}`), words.join(' '));
    for (const flag of flagsOf(words)) t.regex(help, new RegExp(`${flag}[,=\\s[]`), `${name.join(' ')} has no ${flag}`);
  }
});

test('the command line has the commands and their flags', async (t) => {
  const main = new URL('../../cli/src/main.ts', import.meta.url).pathname;
  const calls = commands.flatMap((command) => [...command.matchAll(/node cli\/src\/main\.ts ([^|&;<>]*)/g)]);
  t.true(calls.length > 5);
  for (const [, rest = ''] of calls) {
    const words = rest.trim().split(/\s+/);
    const { stdout: help } = await run(process.execPath, [main, words[0] ?? '', '--help']);
    t.regex(help, new RegExp(`^Usage: kvstore-cli ${words[0]}\\b`, 'm'), rest);
    for (const flag of flagsOf(words)) t.regex(help, new RegExp(`${flag}[ ,=]`), rest);
  }
});

test('objects and labels are called what the operator calls them', (t) => {
  const names = etcdNames({ metadata: { name: 'NAME', namespace: 'NS' } });
  const known = new Set([...Object.values(secretNames(names)), 'NAME-backup', names.name, names.pod(0), names.pod(1)]);
  for (const command of commands) {
    for (const [, name = ''] of command.matchAll(/\$(NAME-[a-z][a-z0-9-]*[a-z0-9])/g)) t.true(known.has(name), command);
    for (const [, label = '', value = ''] of command.matchAll(/app\.kubernetes\.io\/([a-z-]+)=("\$NAME"|[a-z]+)/g)) {
      const values = { instance: ['"$NAME"'], component: ['service', 'etcd', 'backup'] }[label] ?? [];
      t.true(values.includes(value), command);
    }
  }
});

test('the API accepts each change of a KvStore', async (t) => {
  const cluster = await startCluster();
  t.teardown(() => cluster.stop());
  const path = pathOf(resources.kvStores, 'default');
  const spec = { etcd: {}, backup: { schedule: '0 1 * * *', storage: { size: '1Gi' } } };
  const body = { apiVersion: 'kvstore.dev/v1alpha1', kind: 'KvStore', metadata: { name: 'shop' }, spec };
  await cluster.admin.request<KvStore>('POST', path, { body });
  const changes = commands.filter((command) => / patch kvstore /.test(command));
  t.true(changes.length > 10);
  for (const command of new Set(changes)) {
    const [, change = ''] = / -p '([^']*)'/.exec(command) ?? [];
    const changed = cluster.admin.request<KvStore>('PATCH', `${path}/shop`, {
      body: JSON.parse(change.replace(/REPOSITORY:[A-Z]+/, 'kvstore/service:0.0.9')),
      query: { dryRun: 'All', fieldValidation: 'Strict' },
      contentType: 'application/merge-patch+json',
    });
    await t.notThrowsAsync(changed, command);
  }
});
