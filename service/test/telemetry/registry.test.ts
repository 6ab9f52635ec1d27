/** What a scrape of the running service shows. */
import { spawnSync } from 'node:child_process';
import { env } from 'node:process';
import test from 'ava';
import { startService } from '../../../test-support/service-process/launch.ts';
import { temporaryFolder } from '../../../test-support/temporary-folder.ts';
import { createRegistry } from '../../src/telemetry/registry.ts';

test('the metrics say what the service did, and promtool finds no fault in them', async (t) => {
  const service = await startService(t, { env: { KV_DATA_DIR: temporaryFolder(t) } });
  await fetch(`${service.url}/set`, { method: 'POST', body: '{"a":1,"b":2}' });
  await fetch(`${service.url}/set`, { method: 'POST', body: '{"a":3}' });
  await fetch(`${service.url}/get/a`);
  await fetch(`${service.url}/get/none`);
  const answer = await fetch(`${service.url}/metrics`);
  t.regex(answer.headers.get('content-type') ?? '', /^text\/plain; version=0\.0\.4/);
  const text = await answer.text();
  const request = (method: string, route: string, status: number) =>
    `http_server_request_duration_seconds_count{http_request_method="${method}",http_route="${route}",http_response_status_code="${status}"}`;
  const lines = text.split('\n');
  const clock = Number(/^kvstore_time_seconds (.+)$/m.exec(text)?.[1]);
  t.true(Math.abs(clock - Date.now() / 1000) < 60, 'in seconds');
  const expected = [
    `${request('POST', '/set', 200)} 2`,
    `${request('GET', '/get/{key}', 200)} 1`,
    `${request('GET', '/get/{key}', 404)} 1`,
    'http_server_active_requests 1',
    'kvstore_service_ready 1',
    'kvstore_service_draining 0',
    'kvstore_http_problems_total{code="key-not-found"} 1',
    'kvstore_keys 2',
    'kvstore_revision 2',
    'kvstore_commit_duration_seconds_count 2',
    'kvstore_commit_requests_total 2',
  ];
  for (const line of expected) t.true(lines.includes(line), `${line}\nis not in\n${text}`);
  t.regex(text, /^http_server_open_connections [1-9]/m);
  t.regex(text, /^kvstore_index_bytes [1-9]\d{3,}$/m);
  t.regex(text, /^kvstore_build_info\{version="[^"]+",node="v26\.[^"]+"\} 1$/m);
  for (const name of ['process_cpu_seconds_total', 'nodejs_eventloop_lag_seconds', 'nodejs_heap_size_used_bytes']) {
    t.regex(text, new RegExp(`^${name} `, 'm'));
  }

  const promtool = spawnSync('promtool', ['check', 'metrics'], { input: text, encoding: 'utf8' });
  if (promtool.error !== undefined) {
    const message = 'SKIPPED: promtool is not on the PATH (Debian package prometheus)';
    t.log(message);
    if (env.CI === 'true') t.fail(message);
    return;
  }
  const faults = promtool.stderr.split('\n').filter((line) => line !== '' && !isOfNode(line));
  t.deepEqual(faults, []);
});

test("the container's limit of processor time has a series while there is one", async (t) => {
  let limit: number | undefined = 0.1;
  const registry = createRegistry('1.0.0', 'v26.0.0', () => limit);
  const shown = async () => /^kvstore_cpu_limit_cores .*$/m.exec(await registry.metrics())?.[0];
  t.is(await shown(), 'kvstore_cpu_limit_cores 0.1');
  limit = undefined;
  t.is(await shown(), undefined);
  limit = 2;
  t.is(await shown(), 'kvstore_cpu_limit_cores 2');
});

/** prom-client's own names for Node's metrics, which promtool's style guide does not like. */
function isOfNode(line: string): boolean {
  return /^(nodejs|process)_/.test(line);
}
