import test from 'ava';
import { Registry } from 'prom-client';
import { checkOptions, etcdDefaults } from '../../../src/store/etcd/options.ts';
import { storeMetrics } from '../../../src/store/store-metrics.ts';

const secrets = { usernameFile: '/username', passwordFile: '/password' };

function check(endpoints: readonly string[], more: object = secrets): void {
  const registry = new Registry();
  const log = { info: () => {}, warn: () => {}, error: () => {} };
  checkOptions({
    ...etcdDefaults,
    ...{ endpoints, dataDir: '/none', registry, metrics: storeMetrics(registry), log },
    ...more,
  });
}

test('a password goes over http to loopback and to hosts that are allowed by name, nowhere else', (t) => {
  for (const endpoint of [
    'https://etcd.example:2379',
    'http://127.0.0.1:2379',
    'http://localhost:2379',
    'http://[::1]:2379',
  ]) {
    t.notThrows(() => check([endpoint]), endpoint);
  }
  for (const endpoint of [
    'http://etcd.example:2379',
    'http://10.0.0.1:2379',
    'http://127.0.0.1.example:2379',
    'http://[::2]:2379',
  ]) {
    const message = /the password would go to http:.* over http, .*add .* to KV_ETCD_PLAIN_PASSWORD_HOSTS/;
    t.throws(() => check(['http://127.0.0.1:2379', endpoint]), { message }, endpoint);
    const { hostname } = new URL(endpoint);
    for (const allowed of [hostname, '*'])
      t.notThrows(() => check([endpoint], { ...secrets, plainPasswordHosts: [allowed] }));
    t.throws(() => check([endpoint], { ...secrets, plainPasswordHosts: ['other'] }), { message });
    t.notThrows(() => check([endpoint], {}), 'without a password');
  }
});
