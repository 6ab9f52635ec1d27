/** Which folders go on with a timeline, and which begin a new one. */
import { closeSync, cpSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { startService } from '../../../../test-support/service-process/launch.ts';
import { temporaryFolder } from '../../../../test-support/temporary-folder.ts';
import { waitFor } from '../../../../test-support/wait-for.ts';

interface Version {
  readonly timeline: string;
  readonly revision: number;
}

function parse(etag: string | null): Version {
  const [, timeline = '', revision] = /^"([0-9a-z]{8})-(\d+)"$/.exec(etag ?? '') ?? [];
  return { timeline, revision: Number(revision) };
}

/** Starts a process on the folder, sets the key to each value in turn, and ends the process; the versions that it gave. */
async function run(t: ExecutionContext, directory: string, values: readonly number[], signal: 'SIGTERM' | 'SIGKILL') {
  const service = await startService(t, { env: { KV_DATA_DIR: directory } });
  const versions: Version[] = [];
  for (const value of values) {
    const answer = await fetch(`${service.url}/set`, { method: 'POST', body: `{"a":${value}}` });
    t.is(answer.status, 200);
    versions.push(parse(answer.headers.get('etag')));
  }
  await service.stop(signal);
  return versions;
}

const copy = (from: string, to: string) => cpSync(from, to, { recursive: true });

test('a folder keeps its timeline through restarts and kills', async (t) => {
  const directory = temporaryFolder(t);
  const [first] = await run(t, directory, [1], 'SIGTERM');
  const [second] = await run(t, directory, [2], 'SIGKILL');
  const [third] = await run(t, directory, [3], 'SIGTERM');
  t.deepEqual(
    [second, third].map((version) => version?.timeline),
    [first?.timeline, first?.timeline],
  );
  t.deepEqual(
    [first, second, third].map((version) => version?.revision),
    [1, 2, 3],
  );
});

const changes: Record<string, (directory: string, copied: string) => string> = {
  'the folder is removed and begun anew': (directory) => {
    rmSync(directory, { recursive: true });
    return directory;
  },
  'the folder is copied, and the copy goes on': (directory, copied) => {
    rmSync(copied, { recursive: true });
    copy(directory, copied);
    return copied;
  },
  'an older copy of the folder is put in its place': (directory, copied) => {
    rmSync(directory, { recursive: true });
    mkdirSync(directory);
    copy(copied, directory);
    return directory;
  },
  'the data file is overwritten with an older one, in the same inode': (directory, copied) => {
    writeFileSync(join(directory, 'data.mdb'), readFileSync(join(copied, 'data.mdb')));
    return directory;
  },
};

for (const [what, change] of Object.entries(changes)) {
  test(`${what}: a new timeline, so that no version of before holds`, async (t) => {
    const directory = join(temporaryFolder(t), 'data');
    const copied = join(temporaryFolder(t), 'copy');
    await run(t, directory, [1], 'SIGTERM');
    copy(directory, copied);
    const [, last] = await run(t, directory, [2, 3], 'SIGTERM');
    const place = change(directory, copied);
    const service = await startService(t, { env: { KV_DATA_DIR: place } });
    const post = (headers: Record<string, string>, value: number) =>
      fetch(`${service.url}/set`, { method: 'POST', headers, body: `{"a":${value}}` });
    // As many writes as it takes until the old number is given again.
    let again: Version = { timeline: '', revision: 0 };
    while (again.revision < (last?.revision ?? 0)) again = parse((await post({}, 9)).headers.get('etag'));
    t.not(again.timeline, last?.timeline);
    const old = `"${last?.timeline}-${last?.revision}"`;
    t.is((await post({ 'If-Match': old }, 10)).status, 412);
    t.is((await fetch(`${service.url}/get/a`, { headers: { 'If-None-Match': old } })).status, 200);
    const watch = await fetch(`${service.url}/watch`, { headers: { 'Last-Event-ID': old.slice(1, -1) } });
    t.is(watch.status, 410);
    t.is(((await watch.json()) as { code: string }).code, 'other-timeline');
    t.is(await (await fetch(`${service.url}/get/a`)).text(), '9');
  });
}

for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
  test(`a copy of an hour ago is written over the data file after ${signal}: a new timeline`, async (t) => {
    const directory = temporaryFolder(t);
    const service = await startService(t, { env: { KV_DATA_DIR: directory } });
    const post = async (url: string, headers: Record<string, string>, value: number) =>
      fetch(`${url}/set`, { method: 'POST', headers, body: `{"a":${value}}` });
    await post(service.url, {}, 1);
    const backup = readFileSync(join(directory, 'data.mdb'));
    const last = (await post(service.url, {}, 2)).headers.get('etag') ?? '';
    const noted = `${parse(last).timeline} ${parse(last).revision}`;
    await waitFor('it is noted', () => readFileSync(join(directory, 'timeline'), 'utf8').trim() === noted);
    await service.stop(signal);
    writeFileSync(join(directory, 'data.mdb'), backup);
    const next = await startService(t, { env: { KV_DATA_DIR: directory } });
    const again = parse((await post(next.url, {}, 3)).headers.get('etag'));
    t.not(again.timeline, parse(last).timeline);
    t.is((await post(next.url, { 'If-Match': last }, 4)).status, 412);
  });
}

test('an older copy that is written over the data file under a running service: nothing is acknowledged any more', async (t) => {
  const directory = temporaryFolder(t);
  const service = await startService(t, { env: { KV_DATA_DIR: directory } });
  const post = (value: number) => fetch(`${service.url}/set`, { method: 'POST', body: `{"a":${value}}` });
  await post(1);
  const backup = readFileSync(join(directory, 'data.mdb'));
  for (const value of [2, 3, 4]) t.is((await post(value)).status, 200);
  const file = openSync(join(directory, 'data.mdb'), 'r+');
  writeSync(file, backup, 0, backup.length, 0);
  closeSync(file);
  const answer = await post(5);
  t.is(answer.status, 503);
  t.is(((await answer.json()) as { code: string }).code, 'data-folder-lost');
  t.is((await fetch(`${service.url}/readyz`)).status, 503);
});

test('ids and conditions of a version of the service that knew no timelines belong to none', async (t) => {
  const service = await startService(t, { env: { KV_DATA_DIR: temporaryFolder(t) } });
  await fetch(`${service.url}/set`, { method: 'POST', body: '{"a":1}' });
  for (const id of ['1', '1.0', '0']) {
    const watch = await fetch(`${service.url}/watch`, { headers: { 'Last-Event-ID': id } });
    t.is(watch.status, 410, id);
    t.is(((await watch.json()) as { code: string }).code, 'other-timeline');
  }
  const answer = await fetch(`${service.url}/set`, { method: 'POST', headers: { 'If-Match': '"1"' }, body: '{"a":2}' });
  t.is(answer.status, 412);
});
