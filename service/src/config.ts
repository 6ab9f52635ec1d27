/** Configuration: one table of environment variables, read once; the README's table and --help are made from it. */

import { isIPv6 } from 'node:net';

/** Turns a variable's text into its value; throws with what it should look like. */
type Parse<T> = (text: string) => T;

interface Setting<T> {
  readonly name: string;
  readonly default: string;
  readonly meaning: string;
  readonly parse: Parse<T>;
}

const setting = <T>(name: string, standard: string, meaning: string, parse: Parse<T>): Setting<T> => ({
  name,
  default: standard,
  meaning,
  parse,
});

export const settings = {
  host: setting('KV_HOST', '127.0.0.1', 'Address to listen on; 0.0.0.0 for all.', nonEmpty),
  port: setting('KV_PORT', '8080', 'Port to listen on; 0 for any free one.', wholeNumber(0, 65_535)),
  metricsPort: setting(
    'KV_METRICS_PORT',
    '',
    'Port for /metrics, which is then on no other; 0 for any free one. Empty: /metrics is on KV_PORT, open to everybody who reaches it.',
    optionalPort,
  ),
  hosts: setting(
    'KV_HOSTS',
    '',
    'Names that requests may be sent to (Host), with commas, besides localhost and 127.0.0.1; * for any. Empty: any, unless KV_HOST is loopback and no token is needed.',
    names,
  ),
  origins: setting(
    'KV_ORIGINS',
    '',
    'Origins of pages, with commas, that may use the API as its own pages may, such as https://app.example.com; * for any. To read answers they need CORS headers from a proxy in front.',
    origins,
  ),
  dataDir: setting(
    'KV_DATA_DIR',
    './data',
    'Folder of the values (embedded) or of the index (etcd); made when missing.',
    nonEmpty,
  ),
  maxBody: setting('KV_MAX_BODY', '1MiB', 'Largest request body; a larger one is answered with 413.', size),
  requestTimeout: setting(
    'KV_REQUEST_TIMEOUT',
    '5s',
    'How long a request may wait for the store before it is answered with 503.',
    duration,
  ),
  headersTimeout: setting('KV_HEADERS_TIMEOUT', '10s', "How long a request's headers may take to arrive.", duration),
  bodyTimeout: setting('KV_BODY_TIMEOUT', '30s', 'How long a whole request may take to arrive.', duration),
  keepAliveTimeout: setting(
    'KV_KEEP_ALIVE_TIMEOUT',
    '100s',
    'How long an idle connection stays open; longer than a proxy in front keeps it.',
    duration,
  ),
  stallTimeout: setting(
    'KV_STALL_TIMEOUT',
    '30s',
    'How long a client may take nothing of an answer before it is cut off.',
    duration,
  ),
  minRate: setting(
    'KV_MIN_RATE',
    '4KiB',
    'Bytes a second that a client takes of an answer at the least, over KV_STALL_TIMEOUT; one that takes less is cut off. 0: any.',
    sizeOrNone,
  ),
  snapshotMaxAge: setting(
    'KV_SNAPSHOT_MAX_AGE',
    '6h',
    'How long a streamed answer may take; it shows one state of the store, and a client that needs longer is cut off.',
    duration,
  ),
  snapshotMaxGrowth: setting(
    'KV_SNAPSHOT_MAX_GROWTH',
    '1GiB',
    'Bytes that the data file may grow by while an answer is streamed, which keeps disk pages from being used again; then it is cut off.',
    largeSize,
  ),
  maxStreams: setting(
    'KV_MAX_STREAMS',
    '1000',
    'Streamed answers at once; one more is answered with 503.',
    wholeNumber(1, 2000),
  ),
  maxWait: setting(
    'KV_MAX_WAIT',
    '1s',
    'How long a request may wait for its turn when there is too much to do; one that would wait longer gets 503.',
    duration,
  ),
  maxWatches: setting(
    'KV_MAX_WATCHES',
    '5000',
    'Watches, and reads that wait for a change, at once; one more is refused with 503.',
    wholeNumber(0, 1_000_000),
  ),
  watchHeartbeat: setting('KV_WATCH_HEARTBEAT', '15s', 'Time between signs of life on a watch.', duration),
  watchBacklog: setting(
    'KV_WATCH_BACKLOG',
    '1MiB',
    'Bytes that may wait for the client of a watch for more than a second; then it is cut off.',
    size,
  ),
  watchMemory: setting(
    'KV_WATCH_MEMORY',
    '64MiB',
    'Memory for what waits for the clients of all watches together; with more, those that are furthest behind are cut off.',
    size,
  ),
  answerCache: setting(
    'KV_ANSWER_CACHE',
    '32MiB',
    'Memory for answers to reads and searches, kept ready until a write changes what they show; 0: none are kept.',
    sizeOrNone,
  ),
  dumpCache: setting(
    'KV_DUMP_CACHE',
    '32MiB',
    'Memory for the text of GET /, kept ready while clients request it, with up to 8 MiB more in gzip and in zstd each; a store that has more is read each time; 0: never kept.',
    sizeOrNone,
  ),
  compress: setting(
    'KV_COMPRESS',
    'true',
    'Whether clients that ask for zstd or gzip get it, for dumps, searches, metrics and the description of 1 KiB and more.',
    yesOrNo,
  ),
  drainWindow: setting(
    'KV_DRAIN_WINDOW',
    '5s',
    'After SIGTERM: how long new requests are still answered, with Connection: close.',
    duration,
  ),
  warmUp: setting(
    'KV_WARM_UP',
    '0s',
    'Processor time that a new process spends on requests of its own before it is ready, so that the first ones of clients do not wait for the compiler; four times as long at most where the processor is busy. The image sets 500ms. 0s: none.',
    duration,
  ),
  checkInterval: setting(
    'KV_CHECK_INTERVAL',
    '1m',
    'How often the structure of the data file is checked while the service runs; less often when that would take more than a hundredth of a core (0.3 s for a million pairs). 0s: never.',
    duration,
  ),
  drainTimeout: setting('KV_DRAIN_TIMEOUT', '15s', 'After SIGTERM: when what is still open is cut.', duration),
  logLevel: setting(
    'KV_LOG_LEVEL',
    'info',
    'fatal, error, warn, info, debug or trace.',
    oneOf('fatal', 'error', 'warn', 'info', 'debug', 'trace'),
  ),
  logFormat: setting(
    'KV_LOG_FORMAT',
    'auto',
    'json, pretty, or auto: pretty on a terminal.',
    oneOf('auto', 'json', 'pretty'),
  ),
  auditLog: setting(
    'KV_AUDIT_LOG',
    'refused',
    'Requests that get a line in the log with who sent them: refused (401 and 403), all (each write too) or none.',
    oneOf('none', 'refused', 'all'),
  ),
  auditRate: setting(
    'KV_AUDIT_RATE',
    '100',
    'Lines of the audit log in a second, of refusals and of writes each; more are counted and left out.',
    wholeNumber(1, 1_000_000),
  ),
  identity: setting(
    'KV_IDENTITY',
    '',
    'What this store is called, such as namespace/name/uid: every answer has it in the header KvStore-Identity, and a request that names another store there is answered with 421. Empty: no header.',
    optionalText,
  ),
  peersUrl: setting(
    'KV_PEERS_URL',
    '',
    'With etcd: where the replicas of this store answer together, such as their Service. One that has lost etcd asks the others, and is not ready while they have it.',
    oneUrl,
  ),
  peersCaFile: setting(
    'KV_PEERS_CA_FILE',
    '',
    'PEM file of the authority that an https KV_PEERS_URL is checked against; empty, or not there: those that Node knows.',
    optional,
  ),
  readyMaxAge: setting(
    'KV_READY_MAX_AGE',
    '10m',
    'With etcd: how old what a replica has may become before it is not ready, when it has lost etcd and cannot ask others.',
    duration,
  ),
  tokensFile: setting(
    'KV_TOKENS_FILE',
    '',
    'File with the tokens that may use the API, read again when it changes; empty: anybody may.',
    optional,
  ),
  tokenRequestRate: setting(
    'KV_TOKEN_REQUEST_RATE',
    '0',
    'Requests a second that each token may send to this process, where its entry in KV_TOKENS_FILE says nothing else; more are answered with 429. 0: any.',
    wholeNumber(0, 1_000_000_000),
  ),
  tokenByteRate: setting(
    'KV_TOKEN_BYTE_RATE',
    '0',
    'Bytes a second, of bodies and answers, that each token may have of this process, likewise; while it has had more, requests are answered with 429. 0: any.',
    sizeOrNone,
  ),
  tlsCertFile: setting(
    'KV_TLS_CERT_FILE',
    '',
    'PEM file of the certificate that the service shows, with those that lead to its authority, read again when it changes; empty: plain HTTP.',
    optional,
  ),
  tlsKeyFile: setting('KV_TLS_KEY_FILE', '', "PEM file of the certificate's key.", optional),
  tlsClientCaFile: setting(
    'KV_TLS_CLIENT_CA_FILE',
    '',
    'PEM file of the authorities of client certificates: each request but /livez and /readyz then needs one; empty: none does.',
    optional,
  ),
  trustTraceHeaders: setting(
    'KV_TRUST_TRACE_HEADERS',
    'true',
    'Whether the traceparent and baggage of a request are believed: its trace goes on here, and is sampled when the caller says so. Where a token or client certificate is needed, only of requests that have one. false: never.',
    yesOrNo,
  ),
  docs: setting('KV_DOCS', 'true', 'Whether there is a page at /docs that explains the API.', yesOrNo),
  ui: setting('KV_UI', 'true', 'Whether there is a console for browsers at /ui.', yesOrNo),
  etcdEndpoints: setting(
    'KV_ETCD_ENDPOINTS',
    '',
    'URLs of etcd members, with commas between them; empty: the embedded store.',
    urls,
  ),
  etcdPrefix: setting('KV_ETCD_PREFIX', '/kvstore/', 'Every key in etcd lives below it.', nonEmpty),
  etcdCaFile: setting(
    'KV_ETCD_CA_FILE',
    '',
    "Certificate authority of etcd's certificates; read at each connection, so it may be replaced.",
    optional,
  ),
  etcdCertFile: setting(
    'KV_ETCD_CERT_FILE',
    '',
    'Client certificate for etcd; read at each connection, as its key is.',
    optional,
  ),
  etcdKeyFile: setting('KV_ETCD_KEY_FILE', '', "Key of etcd's client certificate.", optional),
  etcdUsernameFile: setting('KV_ETCD_USERNAME_FILE', '', 'File with the user name for etcd.', optional),
  etcdPasswordFile: setting('KV_ETCD_PASSWORD_FILE', '', 'File with the password for etcd.', optional),
  etcdPlainPasswordHosts: setting(
    'KV_ETCD_PLAIN_PASSWORD_HOSTS',
    '',
    'Hosts of etcd that may get the password over http, where others can read it, with commas; loopback always may, * allows any. Another http endpoint with a password ends the start.',
    names,
  ),
  etcdMaxTxnOps: setting(
    'KV_ETCD_MAX_TXN_OPS',
    '128',
    "etcd's --max-txn-ops; a set has one pair fewer at the most.",
    wholeNumber(2, 1_000_000),
  ),
  etcdMaxRequestBytes: setting(
    'KV_ETCD_MAX_REQUEST_BYTES',
    '1572864',
    "etcd's --max-request-bytes.",
    wholeNumber(1024, 1_073_741_824),
  ),
  freshReads: setting(
    'KV_FRESH_READS',
    'barrier',
    'With etcd: how a replica makes sure that a read is fresh. barrier: it asks etcd. lease: while it is read much more than the store is written, it holds a lease, by which it answers from its own index, and each write waits for the replicas that hold one. Set lease when all replicas run a version that knows this setting.',
    oneOf('barrier', 'lease'),
  ),
  peerPort: setting(
    'KV_PEER_PORT',
    '9443',
    'With KV_FRESH_READS=lease: port for the other replicas of this store; 0 for any free one.',
    wholeNumber(0, 65_535),
  ),
  peerAddress: setting(
    'KV_PEER_ADDRESS',
    '',
    'With KV_FRESH_READS=lease: host, or host:port, at which the other replicas reach this one. Empty: the name of this machine.',
    hostWithPort,
  ),
} as const;

export type Config = { readonly [K in keyof typeof settings]: ReturnType<(typeof settings)[K]['parse']> };

/** Every fault of the configuration, a line each. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/** Variables that look like settings and are none: typing errors, or what an orchestrator adds for a service named kv. */
export function unknownSettings(env: Readonly<Record<string, string | undefined>>): readonly string[] {
  const known = new Set<string>(Object.values(settings).map(({ name }) => name));
  return Object.keys(env).filter(
    (name) => name.startsWith('KV_') && !known.has(name) && !commandLineVariables.has(name),
  );
}

/** They may be in the environment for the command line that is used beside the service (cli/src/settings.ts). */
const commandLineVariables: ReadonlySet<string> = new Set([
  ...['KV_URL', 'KV_TOKEN_FILE', 'KV_CA_FILE', 'KV_OPTIONAL_CA_FILE', 'KV_CERT_FILE', 'KV_KEY_FILE'],
  'KV_EXPECT_IDENTITY',
]);

/** Reads the table from an environment. Throws ConfigError that names all faults. */
export function readConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const faults: string[] = [];
  const config = Object.entries(settings).map(([field, { name, default: standard, parse }]) => {
    try {
      return [field, parse(env[name] ?? standard)];
    } catch (error) {
      faults.push(`${name} ${error instanceof Error ? error.message : error}; it is ${JSON.stringify(env[name])}.`);
      return [field, undefined];
    }
  });
  const read = Object.fromEntries(config) as Config;
  faults.push(...faultsBetween(read));
  if (faults.length > 0) throw new ConfigError(faults.join('\n'));
  return read;
}

/** Settings that do not go together. */
function faultsBetween(config: Config): readonly string[] {
  const { port, metricsPort, freshReads, peerPort, tlsCertFile, tlsKeyFile, tlsClientCaFile } = config;
  const faults: string[] = [];
  if (metricsPort !== undefined && metricsPort !== 0 && metricsPort === port) {
    faults.push(`KV_METRICS_PORT must be another port than KV_PORT; both are ${port}.`);
  }
  // With `barrier` no port is opened for other replicas, and its default takes no port from others.
  if (freshReads === 'lease' && peerPort !== 0 && (peerPort === port || peerPort === metricsPort)) {
    const other = peerPort === port ? 'KV_PORT' : 'KV_METRICS_PORT';
    faults.push(`KV_PEER_PORT must be another port than ${other}; both are ${peerPort}.`);
  }
  if ((tlsCertFile === undefined) !== (tlsKeyFile === undefined)) {
    faults.push('KV_TLS_CERT_FILE and KV_TLS_KEY_FILE go together: set both or none.');
  }
  if (tlsClientCaFile !== undefined && tlsCertFile === undefined) {
    faults.push('KV_TLS_CLIENT_CA_FILE needs KV_TLS_CERT_FILE and KV_TLS_KEY_FILE.');
  }
  return faults;
}

/** The table as --help prints it. */
export function helpText(): string {
  const rows = Object.values(settings).map(({ name, default: standard, meaning }) => {
    return `  ${name.padEnd(30)}${(standard || '(none)').padEnd(14)}${meaning}`;
  });
  return `KvStore: a key-value store with an HTTP API. Its settings are environment variables:\n\n${rows.join('\n')}\n`;
}

/** The table as the README shows it. */
export function markdownTable(): string {
  const rows = Object.values(settings).map(({ name, default: standard, meaning }) => {
    return `| \`${name}\` | ${standard === '' ? '' : `\`${standard}\``} | ${meaning} |`;
  });
  return ['| variable | default | meaning |', '|---|---|---|', ...rows].join('\n');
}

function nonEmpty(text: string): string {
  if (text === '') throw new Error('must not be empty');
  return text;
}

function optional(text: string): string | undefined {
  return text === '' ? undefined : text;
}

/** What a header can hold as it stands. */
function optionalText(text: string): string | undefined {
  if (!/^[!-~]{0,253}$/.test(text)) throw new Error('must be at most 253 visible ASCII characters without spaces');
  return optional(text);
}

function wholeNumber(least: number, most: number): Parse<number> {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < least || value > most) {
      throw new Error(`must be a whole number from ${least} to ${most}`);
    }
    return value;
  };
}

function optionalPort(text: string): number | undefined {
  return text === '' ? undefined : wholeNumber(0, 65_535)(text);
}

const durationUnits = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 } as const;

/** Milliseconds: `500ms`, `5s`, `2m`, `1h`; at most 24 h. */
function duration(text: string): number {
  const [, amount, unit] = /^(\d{1,9})(ms|s|m|h)$/.exec(text) ?? [];
  const value = Number(amount) * durationUnits[unit as keyof typeof durationUnits];
  if (!(value <= 24 * durationUnits.h)) throw new Error('must be a time such as 500ms, 5s or 2m, 24h at the most');
  return value;
}

const sizeUnits = { '': 1, B: 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 } as const;

/** Bytes: `4096`, `64KiB`, `1MiB`; 1 byte to 256 MiB (a body is held in memory). */
function size(text: string): number {
  return sizeUpTo(256 * sizeUnits.MiB, 'must be a size such as 64KiB or 1MiB, 256MiB at the most', text);
}

/** Bytes of disk: as `size`, up to 1024 GiB. */
function largeSize(text: string): number {
  return sizeUpTo(1024 * sizeUnits.GiB, 'must be a size such as 64MiB or 1GiB, 1024GiB at the most', text);
}

function sizeUpTo(most: number, rule: string, text: string): number {
  const [, amount, unit] = /^(\d{1,13})(|B|KiB|MiB|GiB)$/.exec(text) ?? [];
  const value = Number(amount) * sizeUnits[unit as keyof typeof sizeUnits];
  if (!(value >= 1 && value <= most)) throw new Error(rule);
  return value;
}

/** As `size`; 0 for none. */
function sizeOrNone(text: string): number {
  return text === '0' ? 0 : size(text);
}

function oneOf<T extends string>(...choices: readonly T[]): Parse<T> {
  return (text) => {
    const choice = choices.find((each) => each === text);
    if (choice === undefined) throw new Error(`must be one of ${choices.join(', ')}`);
    return choice;
  };
}

function yesOrNo(text: string): boolean {
  return oneOf('true', 'false')(text) === 'true';
}

function oneUrl(text: string): string | undefined {
  const [url, second] = urls(text);
  if (second !== undefined) throw new Error('must be one http or https URL');
  return url;
}

/** Host names with commas between them. */
function names(text: string): readonly string[] {
  return listOf(text, 'names without ports, such as kv.example.com', (name) =>
    /^(\*|[\w.-]+|\[[\da-f:.]+\])$/i.test(name),
  );
}

/** What browsers send as Origin: scheme, host, and a port that is not the scheme's own. */
function origins(text: string): readonly string[] {
  return listOf(text, 'origins such as https://app.example.com', (origin) =>
    /^(\*|[a-z][a-z\d+.-]*:\/\/[^/?#@\s]+)$/i.test(origin),
  );
}

function urls(text: string): readonly string[] {
  return listOf(text, 'http or https URLs', (url) => /^https?:$/.test(URL.parse(url)?.protocol ?? ''));
}

/** A host, with a port or without. */
function hostWithPort(text: string): string | undefined {
  if (text === '') return undefined;
  const isHost = /^([\w.-]+|\[[\da-f:.]+\])(:[1-9]\d{0,4})?$/i.test(text) || isIPv6(text);
  if (!isHost) throw new Error('must be a host or host:port, such as 10.0.0.7, [fd00::7]:9443 or store-0.peers');
  return text;
}

/** Items with commas between them; none of an empty text. */
function listOf(text: string, kind: string, isOne: (item: string) => boolean): readonly string[] {
  if (text.trim() === '') return [];
  const list = text.split(',').map((item) => item.trim());
  if (!list.every(isOne)) throw new Error(`must be a list of ${kind}`);
  return list;
}
