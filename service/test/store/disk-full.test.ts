/** A full disk: writes are refused, nothing is lost, reads go on, and it ends by itself. */
import { env } from 'node:process';
import { SpanStatusCode } from '@opentelemetry/api';
import test from 'ava';
import { type Service, startService } from '../../../test-support/service-process/launch.ts';
import { waitFor } from '../../../test-support/wait-for.ts';
import { smallDisk } from '../support/small-disk.ts';
import { receiveTraces } from '../support/trace-receiver.ts';

const pad = 'x'.repeat(3000);

test('a full disk answers writes with 507, keeps every value, and works again once there is space', async (t) => {
  const disk = smallDisk(t, 3 * 2 ** 20);
  if (disk === undefined) {
    const message = 'SKIPPED: a small file system needs Linux, root and mount';
    t.log(message);
    if (env.CI === 'true') t.fail(message);
    else t.pass();
    return;
  }
  const settings = { env: { KV_DATA_DIR: disk.folder } };
  let service = await startService(t, settings);
  const stored: Record<string, string> = {};
  for (let i = 0; i < 20; i++) {
    t.is(await set(service, { [`first-${i}`]: pad }), 200);
    stored[`first-${i}`] = pad;
  }
  disk.fill(128 * 1024);

  let refused = 0;
  for (let i = 0; i < 500 && refused < 20; i++) {
    // Several at once: those of one transaction are all refused together.
    const pairs = [0, 1, 2].map((part) => ({ [`full-${i}-${part}`]: pad, [`twin-${i}-${part}`]: pad }));
    const answers = await Promise.all(pairs.map((each) => set(service, each)));
    answers.forEach((status, part) => {
      if (status === 200) Object.assign(stored, pairs[part]);
      else t.is(status, 507, service.stderr());
      if (status === 507) refused++;
    });
  }
  t.true(refused >= 20);
  t.deepEqual(await dump(service), stored, 'nothing of a refused write is there');
  t.is((await fetch(`${service.url}/readyz`)).status, 200);
  t.regex(await (await fetch(`${service.url}/metrics`)).text(), /kvstore_keys \d+/);
  t.deepEqual(await (await fetch(`${service.url}/search?prefix=first-1&limit=2`)).json(), ['first-1', 'first-10']);
  // Every read takes a slot of LMDB's reader table, whose pages must have been there before.
  const readers = await Promise.all(Array.from({ length: 300 }, () => fetch(`${service.url}/`)));
  t.deepEqual([...new Set(readers.map(({ status }) => status))], [200]);
  for (const reader of readers) await reader.body?.cancel();

  await service.stop('SIGKILL');
  const { url, spans } = await receiveTraces(t);
  const traced = { ...settings.env, OTEL_EXPORTER_OTLP_ENDPOINT: url, OTEL_BSP_SCHEDULE_DELAY: '50' };
  service = await startService(t, { env: traced });
  t.deepEqual(await dump(service), stored, 'a process killed on a full disk starts on it, with everything');
  t.is(await set(service, { 'too-much': pad.repeat(100) }), 507);
  const commit = await waitFor("the commit's span", () => spans.find(({ name }) => name === 'store.commit'));
  t.is(commit.status, SpanStatusCode.ERROR);

  disk.free();
  t.is(await set(service, { again: 'works' }), 200, 'without a restart');
  t.deepEqual(await dump(service), { ...stored, again: 'works' });
  await service.stop('SIGKILL');
  service = await startService(t, settings);
  t.deepEqual(await dump(service), { ...stored, again: 'works' });
});

async function set(service: Service, pairs: object): Promise<number> {
  const answer = await fetch(`${service.url}/set`, { method: 'POST', body: JSON.stringify(pairs) });
  const body = (await answer.json()) as { code?: string };
  if (answer.status === 507 && body.code !== 'storage-full') throw new Error(`507 with the code ${body.code}`);
  return answer.status;
}

async function dump(service: Service): Promise<unknown> {
  return (await fetch(`${service.url}/`)).json();
}
