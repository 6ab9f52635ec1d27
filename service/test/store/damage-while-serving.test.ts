/** Damage that arises under a running service. */
import { cpSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { startService } from '../../../test-support/service-process/launch.ts';
import { temporaryFolder } from '../../../test-support/temporary-folder.ts';
import { waitFor } from '../../../test-support/wait-for.ts';
import { flipBit, overwrite, placesOf } from '../support/damage.ts';

test('a value that is damaged while the service runs: 500 data-corrupted, named, counted, and can be set again', async (t) => {
  const directory = temporaryFolder(t);
  const service = await startService(t, { env: { KV_DATA_DIR: directory } });
  const set = async (pairs: object, headers = {}) =>
    (await fetch(`${service.url}/set`, { method: 'POST', body: JSON.stringify(pairs), headers })).status;
  t.is(await set({ bad: 'a text that is damaged', good: 1, other: 'another text that is damaged' }), 200);
  for (const text of ['a text that is damaged', 'another text that is damaged']) {
    for (const place of placesOf(join(directory, 'data.mdb'), text)) flipBit(join(directory, 'data.mdb'), 8 * place);
  }
  // Asked for in each way that there is: the short one, and that through the application.
  for (const path of ['/get/bad', '/get/%62ad', '/', '/?limit=10', '/search?prefix=b&values=true']) {
    const answer = await fetch(`${service.url}${path}`);
    t.is(answer.status, 500, path);
    t.is(((await answer.json()) as { code: string }).code, 'data-corrupted', path);
  }
  t.is((await fetch(`${service.url}/get/good`)).status, 200);
  t.is((await fetch(`${service.url}/get/none`)).status, 404);
  t.deepEqual(await (await fetch(`${service.url}/search?prefix=b`)).json(), ['bad']);
  t.is(await set({ bad: 2 }, { 'If-None-Match': '*' }), 500, 'what a condition has to know cannot be read');
  const said = service.log.filter(({ msg }) => String(msg).includes('the key "bad" is damaged'));
  t.is(said.length, 1, 'once, however many requests read it');
  t.regex(await (await fetch(`${service.url}/metrics`)).text(), /kvstore_data_damage_total\{part="value"\} [1-9]/);
  t.is(await set({ bad: 2 }), 200);
  t.is((await fetch(`${service.url}/delete`, { method: 'POST', body: '["other"]' })).status, 200);
  t.is((await fetch(`${service.url}/get/other`)).status, 404);
  t.is(await (await fetch(`${service.url}/get/bad`)).text(), '2');
});

test('the data folder is removed under a running service: not ready, writes 503, reads go on, one line', async (t) => {
  for (const replaced of [false, true]) {
    const directory = join(temporaryFolder(t), 'data');
    const service = await startService(t, { env: { KV_DATA_DIR: directory } });
    const set = () => fetch(`${service.url}/set`, { method: 'POST', body: '{"a":1}' });
    t.is((await set()).status, 200);
    const copy = join(temporaryFolder(t), 'copy');
    cpSync(directory, copy, { recursive: true });
    rmSync(directory, { recursive: true });
    if (replaced) {
      mkdirSync(directory);
      cpSync(copy, directory, { recursive: true });
    }
    // The first write after it: looked at before it is acknowledged.
    const answer = await set();
    t.is(answer.status, 503);
    t.is(((await answer.json()) as { code: string }).code, 'data-folder-lost');
    await waitFor('not ready', async () => (await fetch(`${service.url}/readyz`)).status === 503);
    t.is(await (await fetch(`${service.url}/get/a`)).text(), '1');
    t.is((await fetch(`${service.url}/livez`)).status, 200);
    t.is(service.log.filter(({ msg }) => String(msg).includes('is gone or was replaced')).length, 1);
    t.regex(await (await fetch(`${service.url}/metrics`)).text(), /kvstore_data_folder_lost 1/);
    await service.stop('SIGINT');
  }
});

test('without a write it is noticed as well', async (t) => {
  const directory = join(temporaryFolder(t), 'data');
  const service = await startService(t, { env: { KV_DATA_DIR: directory } });
  const file = join(directory, 'data.mdb');
  renameSync(file, `${file}.away`);
  await waitFor('not ready', async () => (await fetch(`${service.url}/readyz`)).status === 503);
  renameSync(`${file}.away`, file);
  await waitFor('ready again', async () => (await fetch(`${service.url}/readyz`)).status === 200);
  t.is((await fetch(`${service.url}/set`, { method: 'POST', body: '{"a":1}' })).status, 200);
  t.true(readFileSync(file).length > 0);
});

/** Takes the last child from each page of branches that has some: keys below it are found by no search. */
function hideKeys(file: string): () => void {
  const bytes = readFileSync(file);
  const hidden: number[] = [];
  for (let page = 2; page < bytes.length / 4096; page++) {
    const [flags, lower] = [bytes.readUInt16LE(page * 4096 + 18), bytes.readUInt16LE(page * 4096 + 20)];
    if (flags === 1 && lower > 24 + 2 * 4) hidden.push(page * 4096 + 20);
  }
  const write = (by: number) => {
    for (const place of hidden) {
      const lower = Buffer.alloc(2);
      lower.writeUInt16LE(bytes.readUInt16LE(place) + by);
      overwrite(file, place, lower);
    }
  };
  write(-2);
  return () => write(0);
}

test('a page that hides keys while the service runs: no search passes over it in silence, and it goes on when it is mended', async (t) => {
  const directory = temporaryFolder(t);
  const service = await startService(t, { env: { KV_DATA_DIR: directory, KV_CHECK_INTERVAL: '50ms' } });
  const keys = Array.from({ length: 3000 }, (_, i) => `key-${String(i).padStart(4, '0')}`);
  const body = JSON.stringify(Object.fromEntries(keys.map((key) => [key, 1])));
  t.is((await fetch(`${service.url}/set`, { method: 'POST', body })).status, 200);
  const search = async (path: string) => {
    const response = await fetch(`${service.url}${path}`);
    return { status: response.status, text: await response.text() };
  };
  const whole = await search('/search?prefix=key-2999');
  t.is(whole.text, '["key-2999"]');
  const mend = hideKeys(join(directory, 'data.mdb'));
  for (const path of ['/search?prefix=key-2', '/search?suffix=9', '/search?prefix=key-2999', '/']) {
    await waitFor(`${path} is refused`, async () => (await search(path)).status === 500);
    t.regex((await search(path)).text, /data-corrupted/);
  }
  t.is((await search('/get/key-0001')).status, 200);
  // A write could take pages that hold what was acknowledged before.
  const write = () => fetch(`${service.url}/set`, { method: 'POST', body: '{"key-0001":2}' });
  const refused = await write();
  t.is(refused.status, 500);
  t.regex(await refused.text(), /data-corrupted.*Nothing was written/);
  t.is((await search('/readyz')).status, 503);
  t.regex(await (await fetch(`${service.url}/metrics`)).text(), /kvstore_data_damage_total\{part="page"\} [1-9]/);
  mend();
  await waitFor('it is searched again', async () => (await search('/search?prefix=key-2999')).status === 200);
  t.is((await search('/get/key-0001')).text, '1');
  t.is((await search('/readyz')).status, 200);
  t.deepEqual(await search('/search?prefix=key-2999'), whole);
  t.is((await write()).status, 200);
  t.is(JSON.parse((await search('/search?prefix=key-2')).text).length, 1000);
});
