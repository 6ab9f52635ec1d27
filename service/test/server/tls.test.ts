/** TLS on the listener: certificates that are replaced, clients without one, and connections that come to nothing. */
import { once } from 'node:events';
import { copyFile, readFile as read, rename, writeFile } from 'node:fs/promises';
import { Agent, type AgentOptions, request } from 'node:https';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import test, { type ExecutionContext } from 'ava';
import { type Certificate, CertificateAuthority } from '../../../test-support/certificates.ts';
import { temporaryFolder } from '../../../test-support/temporary-folder.ts';
import { waitFor } from '../../../test-support/wait-for.ts';
import { takenOf } from '../../src/flow-control/stalled-clients.ts';
import { around } from '../support/around.ts';
import { call } from '../support/call.ts';
import { type Service, type ServiceOptions, startService } from '../support/start-service.ts';
import { storeKinds } from '../support/store-kinds.ts';
import { heldFrom } from '../support/system-queues.ts';

// Which store answers makes no difference here.
const [kind] = storeKinds as [(typeof storeKinds)[number]];

interface Answer {
  readonly status: number;
  readonly body: string;
  readonly reused: boolean;
}

/** Files at fixed paths, as a Secret's volume has them, so that they can be replaced. */
async function startSecure(t: ExecutionContext, { clients, ...options }: ServiceOptions & { clients?: boolean } = {}) {
  const folder = temporaryFolder(t);
  const authority = await CertificateAuthority.create(folder, 'authority');
  const place = join(folder, 'tls');
  const put = async ({ certFile, keyFile }: Certificate) => {
    await replace(`${place}.crt`, await read(certFile));
    await replace(`${place}.key`, await read(keyFile));
  };
  await put(await authority.issue('first'));
  const clientCa = join(folder, 'clients.crt');
  await copyFile(authority.certFile, clientCa);
  const service = await startService(t, kind, {
    ...options,
    tls: {
      ...{ tlsCertFile: `${place}.crt`, tlsKeyFile: `${place}.key` },
      tlsClientCaFile: clients === true ? clientCa : undefined,
    },
  });
  return { folder, authority, place, put, clientCa, service };
}

/** In one step: half a file would be a fault of its own. */
async function replace(file: string, content: string | Buffer): Promise<void> {
  await writeFile(`${file}.new`, content);
  await rename(`${file}.new`, file);
}

/** Each over a connection of its own; sessions are resumed when the options are of one agent. */
function get({ port }: Service, target: string, agent: Agent): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', port, path: target, agent }, (answer) => {
      const reused = (answer.socket as unknown as { isSessionReused(): boolean }).isSessionReused();
      text(answer).then((body) => resolve({ status: answer.statusCode ?? 0, body, reused }), reject);
    });
    asked.on('error', reject);
    asked.end();
  });
}

/** Of a client that trusts an authority, with a certificate of its own from the same or another one. */
async function credentialsOf(trusted: CertificateAuthority, issuer = trusted) {
  const { certFile, keyFile } = await issuer.issue('client');
  return { ca: await read(trusted.certFile), cert: await read(certFile), key: await read(keyFile) };
}

function agentOf(t: ExecutionContext, options: AgentOptions): Agent {
  const agent = new Agent({ keepAlive: false, ...options });
  t.teardown(() => agent.destroy());
  return agent;
}

async function shownName({ port }: Service): Promise<string> {
  const socket = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false });
  await once(socket, 'secureConnect');
  const { CN } = socket.getPeerCertificate().subject;
  socket.destroy();
  return String(CN);
}

async function metric({ registry }: Service, name: string): Promise<number> {
  const line = new RegExp(`^${name} (\\d+)`, 'm').exec(await registry.metrics());
  return Number(line?.[1]);
}

test('clients that know the authority are answered, over kept connections too; plain HTTP is cut', async (t) => {
  const { authority, service } = await startSecure(t);
  const agent = agentOf(t, { ca: await read(authority.certFile), keepAlive: true, maxSockets: 1 });
  for (let i = 0; i < 3; i++) t.is((await get(service, '/', agent)).body, '{}');
  await t.throwsAsync(() => get(service, '/', agentOf(t, {})), { code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' });
  await t.throwsAsync(() => call(service, '/livez'), { code: 'ECONNRESET' });
  await waitFor('both are counted', async () => (await metric(service, 'kvstore_tls_handshake_failures_total')) >= 1);
});

test('a replaced certificate is shown without a restart; connections go on', async (t) => {
  const { authority, put, service } = await startSecure(t);
  const agent = agentOf(t, { ca: await read(authority.certFile), keepAlive: true, maxSockets: 1 });
  await get(service, '/livez', agent);
  t.is(await shownName(service), 'first');
  await put(await authority.issue('second'));
  await waitFor('the second one is shown', async () => (await shownName(service)) === 'second');
  t.is((await get(service, '/livez', agent)).status, 200);
  const expiry = await metric(service, 'kvstore_tls_certificate_expiry_timestamp_seconds');
  t.true(expiry > Date.now() / 1000 && expiry < Date.now() / 1000 + 3 * 86_400);
});

test('files that cannot be used keep the last good certificate, are logged once and shown as a metric', async (t) => {
  const { authority, place, put, service } = await startSecure(t);
  const other = await authority.issue('other');
  const faults = () => service.logged.filter(({ level }) => level === 50);
  // The key of another certificate.
  await replace(`${place}.key`, await read(other.keyFile));
  const successful = () => metric(service, 'kvstore_tls_last_reload_successful');
  await waitFor('the metric says so', async () => (await successful()) === 0);
  t.is(await shownName(service), 'first');
  await replace(`${place}.crt`, 'no PEM');
  await waitFor('both faults are logged', () => faults().length === 2);
  t.is(await shownName(service), 'first');
  await put(other);
  await waitFor('a good one is taken', async () => (await shownName(service)) === 'other');
  t.is(await successful(), 1);
  t.is(faults().length, 2);
  t.notRegex(JSON.stringify(service.logged), /PRIVATE KEY|no PEM/);
});

test('with an authority of clients, requests but probes need a certificate; resumed sessions are no way around', async (t) => {
  const { folder, authority, service } = await startSecure(t, { clients: true });
  const strangers = await CertificateAuthority.create(folder, 'strangers');
  const none = agentOf(t, { ca: await read(authority.certFile) });
  const wrong = agentOf(t, await credentialsOf(authority, strangers));
  const right = agentOf(t, await credentialsOf(authority));
  for (const agent of [none, wrong]) {
    for (const target of ['/', '/metrics', '/ui', '/get/a']) {
      const { status, body } = await get(service, target, agent);
      t.is(status, 403);
      t.regex(body, /"code":"certificate-required"/);
    }
    for (const target of ['/livez', '/readyz']) t.is((await get(service, target, agent)).status, 200);
  }
  t.true((await get(service, '/', none)).reused, 'its session was resumed');
  for (let i = 0; i < 2; i++) t.is((await get(service, '/', right)).status, 200);
});

test('a client whose authority is taken away gets no further connection, with a session of before either', async (t) => {
  const { folder, authority, clientCa, service } = await startSecure(t, { clients: true });
  const agent = agentOf(t, await credentialsOf(authority));
  t.is((await get(service, '/', agent)).status, 200);
  await copyFile((await CertificateAuthority.create(folder, 'next')).certFile, clientCa);
  await waitFor('it is refused', async () => (await get(service, '/', agent)).status === 403);
  t.is((await get(service, '/', agent)).status, 403);
});

test('connections that are open when the authority of clients changes end: idle ones at once, others with their answer, watches in time', async (t) => {
  const { folder, authority, clientCa, put, service } = await startSecure(t, { clients: true, headersTimeout: 5000 });
  const client = await credentialsOf(authority);
  const open = async () => {
    const socket = connectTls({ port: service.port, host: '127.0.0.1', ...client });
    t.teardown(() => socket.destroy());
    await once(socket, 'secureConnect');
    let received = '';
    // To be reset is an end, too.
    socket.on('error', () => {});
    socket.on('data', (piece) => {
      received += piece;
    });
    return { socket, received: () => received };
  };
  const idle = await open();
  idle.socket.write('GET /get/none HTTP/1.1\r\nHost: x\r\n\r\n');
  await waitFor('it is answered', () => idle.received().includes('not-found'));
  const writing = await open();
  writing.socket.write('POST /set HTTP/1.1\r\nHost: x\r\nContent-Length: 7\r\n\r\n{"a"');
  const watching = await open();
  watching.socket.write('GET /watch HTTP/1.1\r\nHost: x\r\n\r\n');
  await waitFor('it watches', () => watching.received().includes(': watching'));
  // Another certificate of the service is no reason to end any.
  await put(await authority.issue('second'));
  await waitFor('it is shown', async () => (await shownName(service)) === 'second');
  for (const { socket } of [idle, writing, watching]) t.false(socket.closed);
  await copyFile((await CertificateAuthority.create(folder, 'next')).certFile, clientCa);
  await closed(idle.socket);
  writing.socket.write(':1}');
  await Promise.all([closed(writing.socket), closed(watching.socket)]);
  t.regex(writing.received(), /^HTTP\/1\.1 200 .*\r\nConnection: close\r\n/s);
  t.notRegex(writing.received(), /keep-alive/);
  t.is((await get(service, '/', agentOf(t, client))).status, 403);
});

test('when the authority of clients changes, a connection gets the answer that has begun, and no request behind it is served', async (t) => {
  const reads: string[] = [];
  const warnings: Error[] = [];
  const warned = (warning: Error) => warnings.push(warning);
  process.on('warning', warned);
  t.teardown(() => process.off('warning', warned));
  const { folder, authority, clientCa, service } = await startSecure(t, {
    clients: true,
    // With all that looks after connections in a container.
    memory: { limit: 1 << 30, socketBuffers: () => 0, close() {} },
    around: (store) =>
      around(store, {
        get(key) {
          reads.push(key);
          return store.get(key);
        },
      }),
  });
  const size = 16 << 20;
  await service.store.set([{ key: 'large', value: JSON.stringify('x'.repeat(size)) }]);
  const client = await credentialsOf(authority);
  const socket = connectTls({ port: service.port, host: '127.0.0.1', ...client });
  t.teardown(() => socket.destroy());
  let received = 0;
  socket.on('data', (piece: Buffer) => {
    received += piece.length;
    socket.pause();
  });
  await once(socket, 'secureConnect');
  socket.write('GET /get/large HTTP/1.1\r\nHost: x\r\n\r\n');
  await waitFor('the answer has begun', () => received > 0);
  await copyFile((await CertificateAuthority.create(folder, 'next')).certFile, clientCa);
  await waitFor('others are refused', async () => (await get(service, '/', agentOf(t, client))).status === 403);
  t.false(socket.closed);
  // A read of one key does not wait until the event loop has time for it.
  const ahead = 'GET /get/late HTTP/1.1\r\nHost: x\r\n\r\n';
  const sets = Array.from({ length: 20 }, (_, i) => {
    return `POST /set HTTP/1.1\r\nHost: x\r\nContent-Length: 13\r\n\r\n{"late-${10 + i}":1}`;
  });
  socket.write(ahead + sets.join(''));
  await waitFor('they have arrived', async () => (await metric(service, 'http_server_active_requests')) === 22);
  socket.removeAllListeners('data').on('data', (piece: Buffer) => {
    received += piece.length;
  });
  await closed(socket);
  t.true(received > size, 'all of the answer came');
  await waitFor('nothing is being served', async () => (await metric(service, 'http_server_active_requests')) === 0);
  t.deepEqual(reads, ['large']);
  t.deepEqual(service.store.searchBounded('prefix', 'late-', 20), []);
  t.deepEqual(warnings, []);
});

test('an authority of clients of which a part cannot be read is not put in force', async (t) => {
  const { authority, clientCa, service } = await startSecure(t, { clients: true });
  const client = await credentialsOf(authority);
  const text = String(await read(clientCa));
  for (const broken of [text.slice(0, text.length / 2), `${text}${text.slice(0, text.length / 2)}`]) {
    await writeFile(clientCa, broken);
    const successful = () => metric(service, 'kvstore_tls_last_reload_successful');
    await waitFor('it is noticed', async () => (await successful()) === 0);
    t.is((await get(service, '/', agentOf(t, client))).status, 200, 'the last good one is in force');
    await writeFile(clientCa, text);
    await waitFor('a good one is taken', async () => (await successful()) === 1);
  }
});

test('a client that takes nothing is cut', async (t) => {
  const { service } = await startSecure(t, { stallTimeout: 300 });
  const value = 'x'.repeat(1_000_000);
  for (let i = 0; i < 16; i++) await service.store.set([{ key: `${i}`, value: JSON.stringify(value) }]);
  const socket = connectTls({ port: service.port, host: '127.0.0.1', rejectUnauthorized: false });
  t.teardown(() => socket.destroy());
  socket.on('error', () => {});
  socket.pause();
  await once(socket, 'secureConnect');
  socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
  await waitFor('it is cut', async () => (await metric(service, 'http_server_open_connections')) === 0);
  await waitFor('the system keeps nothing for it', () => heldFrom(service.port) === 0);
  t.pass();
});

test('what a client takes is seen while one large write is under way: a slow reader is none that stalls', async (t) => {
  const { service } = await startSecure(t);
  const size = 16 << 20;
  await service.store.set([{ key: 'large', value: JSON.stringify('x'.repeat(size)) }]);
  const served = once(service.server, 'secureConnection');
  const client = connectTls({ port: service.port, host: '127.0.0.1', rejectUnauthorized: false });
  t.teardown(() => client.destroy());
  client.pause();
  await once(client, 'secureConnect');
  const [socket] = (await served) as [TLSSocket];
  client.write('GET /get/large HTTP/1.1\r\nHost: x\r\n\r\n');
  await waitFor('the answer is under way', () => socket.writableLength > 0);
  t.true(takenOf(socket) < size);
  let bytes = 0;
  const upTo = (limit: number) =>
    new Promise<void>((resolve) => {
      const take = (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes < limit) return;
        client.pause().off('data', take);
        resolve();
      };
      client.on('data', take).resume();
    });
  await upTo(size / 2);
  await waitFor('half of it is seen', () => takenOf(socket) >= size / 2);
  t.true(takenOf(socket) < size);
  await upTo(size);
  await waitFor('all of it is seen', () => takenOf(socket) >= size);
});

test('clients that never agree on TLS end in time, and do not keep the service from ending', async (t) => {
  const { service } = await startSecure(t, { headersTimeout: 1000 });
  const silent = async () => {
    const socket = connect(service.port, '127.0.0.1');
    t.teardown(() => socket.destroy());
    await once(socket, 'connect');
    return socket;
  };
  await closed(await silent());
  const last = await silent();
  await waitFor('it is taken', async () => (await metric(service, 'http_server_open_connections')) === 1);
  service.server.close();
  await Promise.all([closed(last), once(service.server, 'close')]);
  t.pass();
});

test('a certificate that cannot be used ends the start', async (t) => {
  const folder = temporaryFolder(t);
  const { certFile } = await (await CertificateAuthority.create(folder)).issue('a');
  const { keyFile } = await (await CertificateAuthority.create(folder, 'other')).issue('b');
  const start = (tlsKeyFile: string) =>
    startService(t, kind, { tls: { tlsCertFile: certFile, tlsKeyFile, tlsClientCaFile: undefined } });
  await t.throwsAsync(() => start(keyFile), {
    message: /^The certificate in .* cannot be used: .*key values mismatch/,
  });
  await t.throwsAsync(() => start(join(folder, 'none')), { message: /cannot be used: ENOENT\.$/ });
});

async function closed(socket: Socket): Promise<void> {
  socket.on('error', () => {});
  socket.resume();
  if (!socket.closed) await once(socket, 'close');
}
