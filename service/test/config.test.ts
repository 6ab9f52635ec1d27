import { readFileSync } from 'node:fs';
import test from 'ava';
import {
  type Config,
  ConfigError,
  helpText,
  markdownTable,
  readConfig,
  settings,
  unknownSettings,
} from '../src/config.ts';

type Name = (typeof settings)[keyof typeof settings]['name'];

/** For each setting: texts with the values they stand for, and texts that are refused. */
const duration = {
  good: { '500ms': 500, '5s': 5000, '2m': 120_000, '24h': 86_400_000, '0s': 0 },
  bad: ['', '5', '-1s', '25h', '5 s', '1.5s', 'x'],
};
const optional = { good: { '': undefined, '/some/file': '/some/file' }, bad: [] };
const yesOrNo = { good: { true: true, false: false }, bad: ['', 'yes', 'TRUE', '1'] };
const nonEmpty = { good: { something: 'something' }, bad: [''] };
const names = {
  good: { '': [], '*': ['*'], 'a.b, C-d': ['a.b', 'C-d'], '[::1]': ['[::1]'] },
  bad: ['a b', 'a:80', 'http://a', 'a,', 'é'],
};
const cases: Record<keyof Config, { good: Record<string, unknown>; bad: string[] }> = {
  host: nonEmpty,
  port: { good: { '0': 0, '65535': 65_535 }, bad: ['', '-1', '65536', '80.5', '0x50', '1e3', ' 80', 'http'] },
  hosts: names,
  origins: {
    good: { '': [], '*': ['*'], 'https://a.b, http://c:1': ['https://a.b', 'http://c:1'] },
    bad: ['a.b', 'https://a.b/', 'https://a.b/c', 'https://', 'null', 'https://a.b,'],
  },
  dataDir: nonEmpty,
  maxBody: {
    good: { '1': 1, '10B': 10, '64KiB': 65_536, '1MiB': 1_048_576, '256MiB': 268_435_456 },
    bad: ['', '0', '-1', '1MB', '257MiB', '1GiB', '1.5MiB', 'much'],
  },
  requestTimeout: duration,
  headersTimeout: duration,
  bodyTimeout: duration,
  keepAliveTimeout: duration,
  stallTimeout: duration,
  maxStreams: { good: { '1': 1, '2000': 2000 }, bad: ['', '0', '2001', 'many'] },
  maxWait: duration,
  maxWatches: { good: { '0': 0, '1000000': 1_000_000 }, bad: ['', '-1', '1000001', 'many'] },
  watchHeartbeat: duration,
  watchBacklog: { good: { '64KiB': 65_536 }, bad: ['', '0', 'much'] },
  metricsPort: { good: { '': undefined, '0': 0, '9464': 9464 }, bad: ['65536', 'x', '-1'] },
  tokenRequestRate: { good: { '0': 0, '1000000000': 1_000_000_000 }, bad: ['', '-1', '1.5', 'many'] },
  tokenByteRate: { good: { '0': 0, '1MiB': 1_048_576 }, bad: ['', '-1', 'much'] },
  minRate: { good: { '0': 0, '4KiB': 4096 }, bad: ['', '-1', 'much'] },
  snapshotMaxAge: duration,
  snapshotMaxGrowth: { good: { '1GiB': 1_073_741_824, '5': 5 }, bad: ['', '0', '1025GiB'] },
  watchMemory: { good: { '64MiB': 67_108_864 }, bad: ['', '0', 'much'] },
  answerCache: { good: { '0': 0, '32MiB': 33_554_432 }, bad: ['', '-1', '257MiB', 'none'] },
  dumpCache: { good: { '0': 0, '32MiB': 33_554_432 }, bad: ['', '-1', '257MiB', 'none'] },
  warmUp: duration,
  checkInterval: duration,
  drainWindow: duration,
  drainTimeout: duration,
  logLevel: { good: { warn: 'warn', trace: 'trace' }, bad: ['', 'WARN', 'loud'] },
  logFormat: { good: { auto: 'auto', json: 'json', pretty: 'pretty' }, bad: ['', 'xml'] },
  auditLog: { good: { none: 'none', refused: 'refused', all: 'all' }, bad: ['', 'true', 'ALL'] },
  auditRate: { good: { '1': 1, '1000000': 1_000_000 }, bad: ['', '0', '1000001', '1.5'] },
  identity: { good: { '': undefined, 'a/b/c': 'a/b/c' }, bad: ['a b', 'é', 'a\r\nX: y', 'x'.repeat(254)] },
  peersUrl: { good: { '': undefined, 'http://a:1': 'http://a:1' }, bad: ['a:1', 'http://a:1,http://b:1'] },
  peersCaFile: optional,
  readyMaxAge: duration,
  tokensFile: optional,
  tlsCertFile: optional,
  tlsKeyFile: optional,
  tlsClientCaFile: optional,
  trustTraceHeaders: yesOrNo,
  docs: yesOrNo,
  ui: yesOrNo,
  compress: yesOrNo,
  etcdEndpoints: {
    good: { '': [], 'http://a:2379': ['http://a:2379'], 'https://a:1, http://b:2': ['https://a:1', 'http://b:2'] },
    bad: ['a:2379', 'ftp://a', 'http://a,', 'nothing'],
  },
  etcdPrefix: nonEmpty,
  etcdCaFile: optional,
  etcdCertFile: optional,
  etcdKeyFile: optional,
  etcdUsernameFile: optional,
  etcdPasswordFile: optional,
  etcdPlainPasswordHosts: names,
  etcdMaxTxnOps: { good: { '2': 2, '1000000': 1_000_000 }, bad: ['', '1', '1000001', 'x'] },
  etcdMaxRequestBytes: { good: { '1024': 1024, '1073741824': 1_073_741_824 }, bad: ['', '1023', '1073741825', '1MiB'] },
  freshReads: { good: { barrier: 'barrier', lease: 'lease' }, bad: ['', 'leases', 'LEASE'] },
  peerPort: { good: { '0': 0, '9443': 9443 }, bad: ['', '65536', '-1', 'x'] },
  peerAddress: {
    good: {
      '': undefined,
      '10.0.0.7': '10.0.0.7',
      'a-0.b:9443': 'a-0.b:9443',
      'fd00::7': 'fd00::7',
      '[::1]:1': '[::1]:1',
    },
    bad: ['a b', 'a:', 'a:0', 'http://a', 'a/b', 'a:123456'],
  },
};

/** A setting of TLS needs the others. */
const tlsFiles = { KV_TLS_CERT_FILE: '/cert', KV_TLS_KEY_FILE: '/key' };

for (const [field, { good, bad }] of Object.entries(cases) as [keyof Config, (typeof cases)[keyof Config]][]) {
  const { name } = settings[field];
  test(`${name} is read, and refused with its name and its text`, (t) => {
    for (const [text, value] of Object.entries(good)) {
      const others = name.startsWith('KV_TLS_') && text !== '' ? tlsFiles : {};
      t.deepEqual(readConfig({ ...others, [name]: text })[field], value, text);
    }
    for (const text of bad) {
      const error = t.throws(() => readConfig({ [name]: text }), { instanceOf: ConfigError }, text);
      t.true(error?.message.startsWith(`${name} must `), error?.message);
      t.true(error?.message.includes(JSON.stringify(text)), error?.message);
    }
  });
}

test('metrics cannot have the port of the API', (t) => {
  t.throws(() => readConfig({ KV_PORT: '9000', KV_METRICS_PORT: '9000' }), {
    message: /KV_METRICS_PORT must be another port/,
  });
  t.is(readConfig({ KV_PORT: '0', KV_METRICS_PORT: '0' }).metricsPort, 0);
});

test('the port for other replicas is one of its own, where it is opened', (t) => {
  const lease = { KV_FRESH_READS: 'lease', KV_PEER_PORT: '9000' };
  for (const name of ['KV_PORT', 'KV_METRICS_PORT']) {
    const message = `KV_PEER_PORT must be another port than ${name}; both are 9000.`;
    t.throws(() => readConfig({ ...lease, [name]: '9000' }), { instanceOf: ConfigError, message });
  }
  t.is(readConfig({ ...lease, KV_PEER_PORT: '0', KV_PORT: '0', KV_METRICS_PORT: '0' }).peerPort, 0);
  t.is(readConfig({ KV_PEER_PORT: '9000', KV_METRICS_PORT: '9000' }).metricsPort, 9000);
});

test('settings of TLS that do not go together are refused', (t) => {
  const { KV_TLS_CERT_FILE, KV_TLS_KEY_FILE } = tlsFiles;
  for (const env of [{ KV_TLS_CERT_FILE }, { KV_TLS_KEY_FILE }]) {
    t.throws(() => readConfig(env), { instanceOf: ConfigError, message: /go together: set both or none/ });
  }
  const message = 'KV_TLS_CLIENT_CA_FILE needs KV_TLS_CERT_FILE and KV_TLS_KEY_FILE.';
  t.throws(() => readConfig({ KV_TLS_CLIENT_CA_FILE: '/ca' }), { instanceOf: ConfigError, message });
});

test('an empty environment gives the defaults of the table', (t) => {
  const config = readConfig({});
  t.deepEqual([config.host, config.port, config.maxBody], ['127.0.0.1', 8080, 1_048_576]);
  t.deepEqual([config.keepAliveTimeout, config.etcdEndpoints], [100_000, []]);
});

test('variables that only look like settings are named', (t) => {
  const ofTheCommandLine = { KV_URL: 'https://a', KV_CA_FILE: 'b', KV_OPTIONAL_CA_FILE: 'c' };
  t.deepEqual(unknownSettings({ KV_PROT: '1', KV_PORT: '80', PATH: '/bin', ...ofTheCommandLine }), ['KV_PROT']);
});

test('help and the README list every setting once, with its default and meaning', (t) => {
  for (const { name, default: standard, meaning } of Object.values(settings)) {
    const lines = helpText()
      .split('\n')
      .filter((line) => line.trim().startsWith(`${name as Name} `));
    t.is(lines.length, 1, name);
    t.true(lines[0]?.includes(standard) && lines[0].endsWith(meaning), name);
  }
  const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
  const [, table] = /<!-- settings -->\n([\s\S]*)<!-- \/settings -->/.exec(readme) ?? [];
  t.is(table?.trim(), markdownTable(), 'run `npm run docs`');
});
