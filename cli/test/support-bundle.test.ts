/** support-bundle: what is collected, what is left out, and what happens where something cannot be had. */
import { chmod, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { temporaryFolder } from '../../test-support/temporary-folder.ts';
import { membersOf, podsOf } from '../src/support/pods.ts';
import { redactObject, redactText } from '../src/support/redact.ts';
import { cli } from './support/cli.ts';
import { oneStore } from './support/store.ts';

const store = oneStore(test);

const of = (component: string) => ({ 'app.kubernetes.io/component': component });
const service = { name: 'service', ports: [{ name: 'http', containerPort: 8080 }] };
const etcd = { name: 'etcd', ports: [{ name: 'metrics', containerPort: 2381 }] };
const pods = [
  { metadata: { name: 'shop-a', labels: of('service') }, spec: { containers: [{ name: 'proxy' }, service] } },
  { metadata: { name: 'shop-etcd-0', labels: of('etcd') }, spec: { containers: [etcd] } },
  { metadata: { name: 'shop-etcd-1', labels: of('etcd') }, spec: { containers: [etcd] } },
  {
    metadata: { name: 'shop-backup-1', labels: of('backup') },
    spec: { containers: [{ name: 'backup', command: ['hunter2'], args: ['--token', 'hunter2'] }] },
  },
  { metadata: { name: '../evil', labels: of('service') }, spec: { containers: [service] } },
];
const kvstore = {
  metadata: { name: 'shop', annotations: { 'kubectl.kubernetes.io/last-applied-configuration': 'hunter2' } },
  spec: {
    tls: { secretName: 'shop-tls' },
    env: [
      { name: 'KV_LOG_LEVEL', value: 'debug' },
      { name: 'KV_TOKEN', value: 'hunter2' },
      { name: 'MINE', value: 'hunter2' },
      { name: 'OTEL_EXPORTER_OTLP_ENDPOINT', value: 'https://otel.example.com/?api-key=hunter2' },
    ],
  },
};

/**
 * Stands in for kubectl: says what it was asked, and knows a KvStore with secrets in it. The first member of etcd does not
 * answer, the second finds a member that is ill. The log of the process before cannot be had.
 */
const fakeKubectl = `#!${process.execPath}
const line = process.argv.slice(2).join(' ');
const fail = (text) => { console.error(text); process.exitCode = 1; };
if (line.includes('exec shop-etcd-0')) fail('error: shop-etcd-0 does not answer');
else if (line.includes('alarm')) fail('error: no alarms at https://u:hunter2@hunter2@etcd.example.com, bearer hunter2');
else if (line.includes('health')) { console.log('| shop-etcd-0 | false |'); fail('Error: unhealthy cluster'); }
else if (line.includes('get kvstore')) console.log(${JSON.stringify(JSON.stringify(kvstore))});
else if (line.includes('get pods -l')) console.log(${JSON.stringify(JSON.stringify({ items: pods }))});
else console.log('asked: ' + line + ' https://user:hunter2@etcd.example.com');
`;

test.serial(
  'a bundle of a store on Kubernetes: files for its user alone, no secrets, and what is missing',
  async (t) => {
    const folder = temporaryFolder(t);
    const kubectl = join(folder, 'kubectl');
    await writeFile(kubectl, fakeKubectl);
    await chmod(kubectl, 0o755);
    const bundle = join(folder, 'bundle');
    const args = ['support-bundle', bundle, '--kvstore', 'shop', '-n', 'web', '--kubectl', kubectl];
    const { code, stdout, stderr } = await cli(t, args, store);
    t.is(code, 0);
    t.is(stdout, `${bundle}\n`);
    t.regex(
      stderr,
      /without etcd\/alarms\.txt: error: no alarms at https:\/\/\(left out\)@etcd.* error: shop-etcd-0 does not answer/,
    );
    t.notRegex(stderr, /hunter2/);

    const files = (await readdir(bundle, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
    const names = files.map((entry) => join(entry.parentPath, entry.name).slice(bundle.length + 1)).sort();
    t.deepEqual(names, [
      ...['etcd/health.txt', 'etcd/members.txt', 'etcd/status.txt'],
      ...['events.txt', 'index.txt', 'kvstore.json', 'metrics.txt', 'nodes.txt', 'objects.txt', 'operator.log'],
      'pods.json',
      ...['pods/shop-a.log', 'pods/shop-a.metrics.txt', 'pods/shop-a.previous.log'],
      ...['pods/shop-backup-1.log', 'pods/shop-backup-1.previous.log'],
      ...['pods/shop-etcd-0.log', 'pods/shop-etcd-0.metrics.txt', 'pods/shop-etcd-0.previous.log'],
      ...['pods/shop-etcd-1.log', 'pods/shop-etcd-1.metrics.txt', 'pods/shop-etcd-1.previous.log'],
      ...['status.json', 'versions.txt'],
    ]);
    for (const name of names) {
      t.notRegex(await readFile(join(bundle, name), 'utf8'), /hunter2/, name);
      t.is((await stat(join(bundle, name))).mode & 0o777, 0o600, name);
    }
    t.is((await stat(bundle)).mode & 0o777, 0o700);
    const read = (name: string) => readFile(join(bundle, name), 'utf8');
    t.regex(await read('kvstore.json'), /"value": "debug"/);
    t.regex(await read('kvstore.json'), /"https:\/\/otel\.example\.com\/\?\(left out\)"/);
    t.deepEqual(JSON.parse(await read('pods.json')).items[3].spec.containers, [
      { name: 'backup', command: ['(left out)'], args: ['(left out)'] },
    ]);
    t.regex(
      await read('objects.txt'),
      / -l app\.kubernetes\.io\/name=kvstore,app\.kubernetes\.io\/instance=shop -o wide/,
    );
    t.regex(await read('pods/shop-a.log'), /asked: -n web logs shop-a -c service --tail=2000/);
    t.regex(await read('pods/shop-a.metrics.txt'), /\/pods\/https:shop-a:8080\/proxy\/metrics/);
    t.regex(await read('pods/shop-etcd-0.metrics.txt'), /\/pods\/shop-etcd-0:2381\/proxy\/metrics/);
    t.regex(await read('etcd/members.txt'), /exec shop-etcd-1 .* member list/, 'the next member is asked');
    t.is(await read('etcd/health.txt'), '| shop-etcd-0 | false |\n\nError: unhealthy cluster\n');
    t.is(JSON.parse(await read('status.json')).healthy, true);
    t.regex(await read('metrics.txt'), /^kvstore_build_info\{/m);
    t.regex(await read('index.txt'), /Could not be had:\netcd\/alarms\.txt: error/);
  },
);

test.serial(
  'a folder that holds something is not touched; a name that is none is refused; nothing there is code 6',
  async (t) => {
    const folder = temporaryFolder(t);
    await mkdir(join(folder, 'full'));
    await writeFile(join(folder, 'full', 'mine'), 'x');
    const full = await cli(t, ['support-bundle', join(folder, 'full')], store);
    t.is(full.code, 2);
    t.regex(full.stderr, /full is not empty/);
    const odd = await cli(t, ['support-bundle', join(folder, 'odd'), '--kvstore', '-o=json'], store);
    t.is(odd.code, 2);
    t.regex(odd.stderr, /is no name of Kubernetes/);
    const none = await cli(t, ['support-bundle', join(folder, 'none')], { url: 'http://127.0.0.1:1' });
    t.is(none.code, 6);
    t.deepEqual(await readdir(join(folder, 'none')), ['index.txt']);
  },
);

test('where the metrics of a pod are', (t) => {
  const list = (containers: readonly object[], component = 'service') =>
    JSON.stringify({ items: [{ metadata: { name: 'a', labels: of(component) }, spec: { containers } }] });
  const metrics = (text: string, hasTls = false) => podsOf(text, hasTls)[0]?.metrics;
  t.is(metrics(list([service])), 'a:8080');
  t.is(metrics(list([service]), true), 'https:a:8080');
  const own = { name: 'service', ports: [...service.ports, { name: 'metrics', containerPort: 9100 }] };
  t.is(metrics(list([own]), true), 'a:9100', 'a port of its own speaks plain HTTP');
  const old = { ...service, readinessProbe: { httpGet: { scheme: 'HTTP' } } };
  t.is(metrics(list([old]), true), 'a:8080', 'a pod of before spec.tls');
  t.is(metrics(list([etcd], 'etcd'), true), 'a:2381');
  for (const component of ['backup', 'restore', 'etcd-image']) t.is(metrics(list([etcd], component)), undefined);
  for (const none of ['null', '{}', '{"items":7}', '{"items":[{}]}']) t.deepEqual(podsOf(none, false), []);
});

test('members of etcd in the order of their numbers', (t) => {
  const member = (name: string) => ({ name, component: 'etcd', container: 'etcd' });
  const trial = { ...member('a-etcd-image-x'), component: 'etcd-image' };
  t.deepEqual(membersOf([member('a-etcd-10'), trial, member('a-etcd-2')]), ['a-etcd-2', 'a-etcd-10']);
});

test('secrets in addresses and headers', (t) => {
  const cases: readonly (readonly [text: string, redacted: string])[] = [
    ['https://u:p@ss@h/d', 'https://(left out)@h/d'],
    ['https://u:p/s?s#s@h:1/d', 'https://(left out)@h:1/d'],
    ["https://u:p'\\s@h", 'https://(left out)@h'],
    ['https://token@h', 'https://(left out)@h'],
    ['https://h:1/a@b', 'https://h:1/a@b'],
    ['http://[::1]:2379/a', 'http://[::1]:2379/a'],
    ['https://h1:2379,https://u:p@h2:2379', 'https://h1:2379,https://(left out)@h2:2379'],
    ['https://x/?api-key=abc&b=1 next', 'https://x/?(left out) next'],
    ['https://u:p@x/?a=b', 'https://(left out)@x/?(left out)'],
    ['https://x/#token=abc', 'https://x/#(left out)'],
    ['is it at https://x/?', 'is it at https://x/?'],
    ['bearer x, BASIC y', 'bearer (left out) BASIC (left out)'],
    ['Bearer a!b%c', 'Bearer (left out)'],
    [
      '{"a":"Bearer x","b":"https://x/?a=b\\n","c":1}',
      '{"a":"Bearer (left out)","b":"https://x/?(left out)\\n","c":1}',
    ],
  ];
  for (const [text, redacted] of cases) t.is(redactText(text), redacted);
});

test('secrets in texts and objects', (t) => {
  t.is(redactText('to https://a:b@c/d with Bearer abc.def=='), 'to https://(left out)@c/d with Bearer (left out)');
  const env = [
    { name: 'OTEL_EXPORTER_OTLP_HEADERS', value: 'key=1' },
    { name: 'KV_DATA_DIR', value: '/data' },
    { name: 'KV_TOKENS_FILE', value: '/tokens' },
    { name: 'DATABASE', value: 'x' },
  ];
  const { spec } = JSON.parse(redactObject(JSON.stringify({ metadata: { managedFields: [1] }, spec: { env } })));
  t.deepEqual(
    spec.env.map(({ value }: { value: string }) => value),
    ['(left out)', '/data', '(left out)', '(left out)'],
  );
});
