/** support-bundle: what is collected, what is left out, and what happens where something cannot be had. */
import { chmod, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { temporaryFolder } from '../../test-support/temporary-folder.ts';
import { redactObject, redactText } from '../src/support/redact.ts';
import { cli } from './support/cli.ts';
import { oneStore } from './support/store.ts';

const store = oneStore(test);

/** Stands in for kubectl: says what it was asked, knows two pods, has no etcd, and a KvStore with secrets in it. */
const fakeKubectl = `#!${process.execPath}
const args = process.argv.slice(2);
const line = args.join(' ');
if (line.includes('etcdctl')) { console.error('error: pods "shop-etcd-0" not found'); process.exit(1); }
if (line.includes('jsonpath=')) console.log('shop-a service\\nshop-etcd-0 etcd\\n../evil service');
else if (line.includes('get kvstore')) console.log(JSON.stringify({
  metadata: { name: 'shop', annotations: { 'kubectl.kubernetes.io/last-applied-configuration': 'hunter2' } },
  spec: { env: [{ name: 'KV_LOG_LEVEL', value: 'debug' }, { name: 'KV_TOKEN', value: 'hunter2' }, { name: 'MINE', value: 'hunter2' }] },
}));
else if (line.includes('-o json')) console.log('{"items":[]}');
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
    t.regex(stderr, /without etcd\/members\.txt: error: pods "shop-etcd-0" not found/);

    const files = (await readdir(bundle, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
    const names = files.map((entry) => join(entry.parentPath, entry.name).slice(bundle.length + 1)).sort();
    t.deepEqual(names, [
      ...[
        'events.txt',
        'index.txt',
        'kvstore.json',
        'metrics.txt',
        'nodes.txt',
        'objects.txt',
        'operator.log',
        'pods.json',
      ],
      ...['pods/shop-a.log', 'pods/shop-a.metrics.txt', 'pods/shop-a.previous.log'],
      ...['pods/shop-etcd-0.log', 'pods/shop-etcd-0.metrics.txt', 'pods/shop-etcd-0.previous.log'],
      ...['status.json', 'versions.txt'],
    ]);
    for (const name of names) {
      t.notRegex(await readFile(join(bundle, name), 'utf8'), /hunter2/, name);
      t.is((await stat(join(bundle, name))).mode & 0o777, 0o600, name);
    }
    t.is((await stat(bundle)).mode & 0o777, 0o700);
    t.regex(await readFile(join(bundle, 'kvstore.json'), 'utf8'), /"value": "debug"/);
    t.regex(
      await readFile(join(bundle, 'pods/shop-a.log'), 'utf8'),
      /asked: -n web logs shop-a -c service --tail=2000/,
    );
    t.regex(
      await readFile(join(bundle, 'pods/shop-etcd-0.metrics.txt'), 'utf8'),
      /\/pods\/shop-etcd-0:2381\/proxy\/metrics/,
    );
    t.is(JSON.parse(await readFile(join(bundle, 'status.json'), 'utf8')).healthy, true);
    t.regex(await readFile(join(bundle, 'metrics.txt'), 'utf8'), /^kvstore_build_info\{/m);
    t.regex(await readFile(join(bundle, 'index.txt'), 'utf8'), /Could not be had:\netcd\/members\.txt: error/);
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
