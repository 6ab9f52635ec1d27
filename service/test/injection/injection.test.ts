/** A client that sends requests, or puts keys into etcd, cannot write lines of its own into logs or metrics. */
import test, { type ExecutionContext } from 'ava';
import { EtcdCluster } from '../../../test-support/etcd-cluster.ts';
import { freePorts } from '../../../test-support/network/free-ports.ts';
import { launch, type Service, startService } from '../../../test-support/service-process/launch.ts';
import { temporaryFolder } from '../../../test-support/temporary-folder.ts';
import { waitFor } from '../../../test-support/wait-for.ts';
import { receiveTraces } from '../support/trace-receiver.ts';
import { sendWith } from './hostile-requests.ts';
import { forged, poisons } from './poisons.ts';

const skipped = /^Skipped something in etcd that is not (a key|JSON)\.( Further ones are only counted\.)?$/;

const wellFormed =
  /^(# (HELP|TYPE|EOF|UNIT).*|[a-z][a-z0-9_]*(\{([a-z_]+="[\w./{}+:-]*",?)*\})? ([\d.eE+-]+|Nan)( # \{trace_id="[0-9a-f]{32}",span_id="[0-9a-f]{16}"\} [\d.eE+-]+ [\d.]+)?|)$/;

async function checkMetrics(t: ExecutionContext, url: string): Promise<void> {
  for (const accept of ['text/plain', 'application/openmetrics-text']) {
    const text = await (await fetch(`${url}/metrics`, { headers: { accept } })).text();
    t.deepEqual(
      text.split('\n').filter((line) => !wellFormed.test(line)),
      [],
    );
    t.false(text.includes(forged));
  }
}

async function attack(url: string): Promise<void> {
  const port = Number(new URL(url).port);
  for (const poison of poisons) await sendWith(port, poison);
}

/** Only what was found in etcd is told at all, as the key that it is. */
function checkLog(t: ExecutionContext, { log, text, stderr }: Service): void {
  t.deepEqual(text, [], 'each line is JSON');
  const strange = log.filter(
    ({ etcdKey: _, ...line }) => JSON.stringify(line).includes(forged) || Number(line.level) > 50,
  );
  t.deepEqual(strange, []);
  t.is(stderr(), '');
}

for (const traced of [false, true]) {
  test(`requests${traced ? ', with traces' : ''}: no line in the log, and no series, is theirs`, async (t) => {
    const tracing: Record<string, string> = traced ? { OTEL_EXPORTER_OTLP_ENDPOINT: (await receiveTraces(t)).url } : {};
    const settings = { KV_DATA_DIR: temporaryFolder(t), KV_LOG_LEVEL: 'trace', ...tracing };
    const service = await startService(t, { env: settings });
    await attack(service.url);
    await checkMetrics(t, service.url);
    t.is((await service.stop('SIGINT')).code, 0);
    checkLog(t, service);
    t.false(JSON.stringify(service.log).includes(forged), 'requests are not in the log at all');
  });
}

/** A service on an etcd into which somebody has put texts of theirs; no argument of a program can have a NUL in it. */
async function foreignEtcd(t: ExecutionContext): Promise<Record<string, string>> {
  const cluster = await EtcdCluster.start();
  t.teardown(() => cluster.stop());
  for (const poison of foreign) await cluster.ctl('put', `/kvstore/k/${poison}`, `no JSON ${poison}`);
  return {
    ...{ KV_DATA_DIR: temporaryFolder(t), KV_LOG_LEVEL: 'trace' },
    KV_ETCD_ENDPOINTS: cluster.endpoints.join(','),
  };
}

const foreign = poisons.filter((poison) => !poison.includes('\0'));
const ready = (url: string) => waitFor('it is ready', async () => (await fetch(`${url}/readyz`)).ok);

test('keys and values that somebody put into etcd are one line each in the log, told as what they are', async (t) => {
  const service = await startService(t, { env: await foreignEtcd(t) });
  await ready(service.url);
  await attack(service.url);
  await checkMetrics(t, service.url);
  t.is((await service.stop('SIGINT')).code, 0);
  checkLog(t, service);
  const told = service.log.filter(({ msg }) => skipped.test(String(msg))).map(({ etcdKey }) => String(etcdKey));
  t.is(told.length, foreign.length);
  for (const key of told) t.regex(key, /^\/kvstore\/k\/[^\p{C}\p{Zl}\p{Zp}]*forged[^\p{C}\p{Zl}\p{Zp}]*$/u);
});

test('nor do they get a line, or a way into the terminal, where the log is for people', async (t) => {
  const [port = 0] = await freePorts(1);
  const url = `http://127.0.0.1:${port}`;
  const env = { ...(await foreignEtcd(t)), KV_LOG_FORMAT: 'pretty', KV_PORT: String(port) };
  const { child, ended, log, text } = launch(t, { env });
  await ready(url);
  await attack(url);
  child.kill('SIGINT');
  t.is((await ended).code, 0);
  t.deepEqual(log, []);
  const lines = text.filter((line) => line.includes(forged));
  t.is(lines.length, foreign.length);
  for (const line of lines) t.regex(line, /^ {4}etcdKey: "\/kvstore\/k\/[^\p{C}\p{Zl}\p{Zp}]*"$/u);
  const others = text.filter((line) => !line.startsWith('    '));
  for (const line of others) t.regex(line, /^\[\d\d:\d\d:\d\d\.\d{3}\] (DEBUG|INFO|WARN|ERROR) \(\d+\): [^\p{C}]+$/u);
});
