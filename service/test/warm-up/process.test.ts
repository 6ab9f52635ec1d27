/** The warm-up as probes, clients and observers of the process see it. */
import { existsSync } from 'node:fs';
import test from 'ava';
import { startService } from '../../../test-support/service-process/launch.ts';
import { temporaryFolder } from '../../../test-support/temporary-folder.ts';
import { waitFor } from '../../../test-support/wait-for.ts';
import { standInFolders } from '../../src/warm-up/stand-in.ts';

test('while it warms up, a process lives, is not ready and answers; a signal ends it in order', async (t) => {
  const env = { KV_DATA_DIR: temporaryFolder(t), KV_WARM_UP: '1h', KV_DRAIN_WINDOW: '0s' };
  const service = await startService(t, { env });
  t.is((await fetch(`${service.url}/livez`)).status, 200);
  const ready = await fetch(`${service.url}/readyz`);
  t.is(ready.status, 503);
  t.like(await ready.json(), { code: 'not-ready', detail: 'The service is warming up.' });
  t.is((await fetch(`${service.url}/get/none`)).status, 404);
  const [folder = ''] = standInFolders(service.pid, 0);
  const hasMemory = existsSync('/dev/shm');
  if (hasMemory) await waitFor('it has opened its store', () => existsSync(folder));
  t.deepEqual(await service.stop(), { code: 0, signal: null });
  t.deepEqual(
    service.log.map(({ msg }) => msg),
    ['listening', 'shutting down', 'ended'],
  );
  if (hasMemory) t.false(existsSync(folder));
});

test('nothing of it is in the store, the metrics or the log', async (t) => {
  const env = { KV_DATA_DIR: temporaryFolder(t), KV_WARM_UP: '100ms', KV_LOG_LEVEL: 'debug', KV_AUDIT_LOG: 'all' };
  const service = await startService(t, { env });
  const isReady = async () => {
    const answer = await fetch(`${service.url}/readyz`);
    await answer.arrayBuffer();
    return answer.ok;
  };
  await waitFor('the process is ready', isReady);
  const dump = await fetch(service.url);
  t.is(await dump.text(), '{}');
  t.regex(dump.headers.get('etag') ?? '', /^"(?:\w+-)?0"$/, 'nothing was ever written');
  const metrics = await (await fetch(`${service.url}/metrics`)).text();
  const counted = metrics.split('\n').filter((line) => /^http_server_request_duration_seconds_count/.test(line));
  const routes = new Set(counted.map((line) => /http_route="([^"]*)"/.exec(line)?.[1]));
  t.deepEqual([...routes].sort(), ['/', '/readyz']);
  t.regex(metrics, /^kvstore_commit_requests_total 0$/m);
  t.notRegex(metrics, /^kvstore_http_problems_total\{code="(?!not-ready)[a-z-]+"\} [1-9]/m);
  t.regex(metrics, /^kvstore_service_ready 1$/m);
  await waitFor('it says that it is over', () => service.log.some(({ msg }) => msg === 'warmed up'));
  const said = service.log.map(({ msg }) => msg);
  t.deepEqual(said.sort(), ['listening', 'warmed up']);
});
