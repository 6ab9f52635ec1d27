import { readFile } from 'node:fs/promises';
import test from 'ava';
import { readConfig, settings } from '../src/config.ts';

const defaults = { version: '1.2.3', hostName: 'machine' };

test('without any environment everything has a default', (t) => {
  t.deepEqual(readConfig({}, defaults), {
    serviceImage: 'kvstore/service:1.2.3',
    etcdImage: 'registry.k8s.io/etcd:v3.6.16',
    namespaces: [],
    podName: 'machine',
    podNamespace: undefined,
    host: '0.0.0.0',
    port: 8081,
    workers: 4,
    authorityPhaseMs: 600_000,
    resyncMs: 600_000,
    etcdAccess: 'dns',
    ingressAddresses: new Map(),
    openStores: 'allowed',
    monitoringNamespaces: [],
    upgradesAtOnce: 2,
    upgradePauseMs: 30_000,
    upgradeWindow: undefined,
    logLevel: 'info',
  });
});

test('an image whose build was given no etcd sets an empty variable: the default holds', (t) => {
  t.is(readConfig({ KVSTORE_ETCD_IMAGE: '' }, defaults).etcdImage, readConfig({}, defaults).etcdImage);
});

test('a list of namespaces may have spaces', (t) => {
  t.deepEqual(readConfig({ KVSTORE_WATCH_NAMESPACES: ' a, b,,' }, defaults).namespaces, ['a', 'b']);
});

test('all faults are told at once', (t) => {
  const environment = {
    KVSTORE_PORT: '70000',
    KVSTORE_WORKERS: 'many',
    KVSTORE_ETCD_ACCESS: 'magic',
    KVSTORE_UPGRADES_AT_ONCE: '0',
    KVSTORE_UPGRADE_PAUSE_SECONDS: '-1',
    KVSTORE_UPGRADE_WINDOW: 'at night',
    KVSTORE_LOG_LEVEL: 'x',
  };
  const message = t.throws(() => readConfig(environment, defaults))?.message ?? '';
  for (const name of Object.keys(environment)) t.true(message.includes(name), name);
});

test('every setting has a name of its own and a meaning', (t) => {
  t.is(new Set(settings.map(({ name }) => name)).size, settings.length);
  t.true(settings.every(({ meaning }) => meaning.endsWith('.')));
});

test('the README lists every setting as the table has it', async (t) => {
  const text = await readFile(new URL('../README.md', import.meta.url), 'utf8');
  const readme = text.replaceAll(/ +/g, ' ');
  for (const { name, default: value, meaning } of settings) {
    const row = `| \`${name}\` | ${value === '' ? '' : `\`${value}\` `}| ${meaning} |`;
    t.true(readme.includes(row), row);
  }
});
