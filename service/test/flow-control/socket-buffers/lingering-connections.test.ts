/** Connections that are to be closed while the system holds something for their clients. */
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import test, { type ExecutionContext } from 'ava';
import { CertificateAuthority } from '../../../../test-support/certificates.ts';
import { temporaryFolder } from '../../../../test-support/temporary-folder.ts';
import { waitFor } from '../../../../test-support/wait-for.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { connectRaw } from '../../support/raw-connection.ts';
import { errorsIn, type Service, type ServiceOptions, startService } from '../../support/start-service.ts';
import { storeKinds } from '../../support/store-kinds.ts';
import { heldFrom } from '../../support/system-queues.ts';

// Which store answers makes no difference here.
const [kind] = storeKinds as [(typeof storeKinds)[number]];
const mebibyte = 1024 ** 2;
const value = JSON.stringify('x'.repeat(mebibyte - 100));
const get = 'GET /get/large HTTP/1.1\r\nHost: x\r\n\r\n';

interface Started {
  readonly service: Service;
  /** A client that takes nothing until it is resumed. */
  readonly connect: () => Promise<Socket>;
}

/** In a container whose memory is never full. */
async function start(t: ExecutionContext, isTls: boolean, options: ServiceOptions = {}): Promise<Started> {
  const memory = { limit: 1024 * mebibyte, socketBuffers: () => 0, close() {} };
  const authority = isTls ? await CertificateAuthority.create(temporaryFolder(t), 'authority') : undefined;
  const certificate = await authority?.issue('first');
  const service = await startService(t, kind, {
    ...{ memory, ...options },
    ...(certificate && {
      tls: { tlsCertFile: certificate.certFile, tlsKeyFile: certificate.keyFile, tlsClientCaFile: undefined },
    }),
  });
  await service.store.set([{ key: 'large', value }]);
  const connect = async () => {
    const { port } = service;
    if (!isTls) return (await connectRaw(t, service)).socket.pause();
    const socket = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false });
    t.teardown(() => socket.destroy());
    socket.on('error', () => {});
    await once(socket, 'secureConnect');
    return socket.pause();
  };
  return { service, connect };
}

function connectionsOf({ server }: Service): Promise<number> {
  return new Promise((resolve) => server.getConnections((_, count) => resolve(count)));
}

/** Until it takes nothing more; on a busy machine the client may have been cut by then. */
async function untilFull(service: Service): Promise<void> {
  let before = 0;
  let most = 0;
  await waitFor('the system has what it takes', () => {
    const last = before;
    before = heldFrom(service.port);
    most = Math.max(most, before);
    return most > 0 && before === last;
  });
}

/** What belongs to no connection stays for minutes. */
async function untilNothingIsHeld({ port }: Service): Promise<void> {
  await waitFor('the system keeps nothing', () => heldFrom(port) === 0, { timeout: 5000 });
}

const ends: Readonly<Record<string, (client: Socket) => void>> = {
  'closes its half': (client) => client.end(),
  'sends what is not HTTP': (client) => client.write('\0\0\r\n\r\n'),
  'sends CONNECT': (client) => client.write('CONNECT a:1 HTTP/1.1\r\nHost: x\r\n\r\n'),
  'goes on waiting': () => {},
};

for (const isTls of [false, true]) {
  // The system takes one of them whole, and not all of five.
  for (const reads of [1, 5]) {
    for (const [what, end] of Object.entries(ends)) {
      test(`the system keeps nothing for a client that takes none of ${reads} and ${what}${isTls ? ', with TLS' : ''}`, async (t) => {
        const { service, connect } = await start(t, isTls, { stallTimeout: 1000, keepAliveTimeout: 1 });
        const client = await connect();
        client.write(get.repeat(reads));
        await untilFull(service);
        end(client);
        await waitFor('the connection ends', async () => (await connectionsOf(service)) === 0);
        await untilNothingIsHeld(service);
        t.deepEqual(errorsIn(service), []);
      });
    }
  }
}

test('an idle connection that has lasted long enough ends when its client has all', async (t) => {
  const { service, connect } = await start(t, false, { keepAliveTimeout: 1 });
  const client = await connect();
  const stillOpen = await connect();
  client.write(get);
  stillOpen.write(get);
  await untilFull(service);
  let received = '';
  client.setEncoding('latin1').on('data', (piece) => {
    received += piece;
  });
  stillOpen.resume();
  client.pause();
  await waitFor('others are closed', () => stillOpen.readableEnded);
  await waitFor('one is left', async () => (await connectionsOf(service)) === 1);
  client.resume();
  await waitFor('it is closed', () => client.readableEnded);
  t.true(received.endsWith(value));
  await waitFor('nothing is left of it', async () => (await connectionsOf(service)) === 0);
  await untilNothingIsHeld(service);
});

test('the client of an idle connection that ends learns of it at once', async (t) => {
  // What lingers is looked at when this clock says so, and it stands still.
  const { service, connect } = await start(t, false, { keepAliveTimeout: 1, clock: new ManualClock() });
  const client = await connect();
  client.write(get);
  client.resume();
  await waitFor('it has been told', () => client.readableEnded);
  t.is(await connectionsOf(service), 1);
});

test('a server that ends does not wait for clients that take nothing, and they get all', async (t) => {
  const { service, connect } = await start(t, false);
  const clients = [await connect(), await connect()];
  const [idle, lingers] = clients as [Socket, Socket];
  idle.write(get);
  lingers.write(get.replace('Host', 'Connection: close\r\nHost'));
  await untilFull(service);
  // The stall timeout is as long as half of this wait.
  const timeout = 15_000;
  let isClosed = false;
  service.server.close(() => {
    isClosed = true;
  });
  await waitFor('it ends', () => isClosed, { timeout });
  for (const client of clients) {
    let received = '';
    client.setEncoding('latin1').on('data', (piece) => {
      received += piece;
    });
    client.resume();
    await waitFor('it has all', () => client.readableEnded);
    t.true(received.endsWith(value));
  }
});
