import { once } from 'node:events';
import { createServer } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { credentials, Server, type ServerUnaryCall, type sendUnaryData, status } from '@grpc/grpc-js';
import test, { type ExecutionContext } from 'ava';
import { freePorts } from '../../test-support/network/free-ports.ts';
import { listenGrpc } from '../../test-support/network/listen-grpc.ts';
import { waitFor } from '../../test-support/wait-for.ts';
import { EtcdCallError, meaningOf } from '../src/call-error.ts';
import { lastingOptions } from '../src/channel-options.ts';
import { Connection } from '../src/connection.ts';
import { methodOf } from '../src/schema.ts';

const timeout = 10_000;
type Put = (call: ServerUnaryCall<object, object>, done: sendUnaryData<object>) => void;

/** A member that knows one call. */
async function member(t: ExecutionContext, put: Put): Promise<{ server: Server; url: string }> {
  const server = new Server();
  server.addService({ put: methodOf('KV', 'put') }, { put });
  const port = await listenGrpc(server);
  t.teardown(() => server.forceShutdown());
  return { server, url: `http://127.0.0.1:${port}` };
}

function connect(t: ExecutionContext, url: string, name?: string): Connection {
  const connection = new Connection(url, credentials.createInsecure(), lastingOptions(), name);
  t.teardown(() => connection.close());
  return connection;
}

const put = (connection: Connection, milliseconds = timeout) =>
  connection.call('KV', 'put', { key: Buffer.from('a'), value: Buffer.from('1') }, milliseconds);

test("a member's refusal has its code, its text, and the names of call and member", async (t) => {
  const refusal = { code: status.RESOURCE_EXHAUSTED, details: 'etcdserver: mvcc: database space exceeded' };
  const { url } = await member(t, (_, done) => done(refusal));
  const error = await t.throwsAsync(put(connect(t, url, 'etcd-0')), { instanceOf: EtcdCallError });
  t.is(error?.message, 'etcdserver: mvcc: database space exceeded (put, etcd-0)');
  t.like(error, { code: status.RESOURCE_EXHAUSTED, sent: true });
  t.is(meaningOf(error), 'no-space');
});

test('a call asks for a member with a leader', async (t) => {
  const seen: unknown[] = [];
  const { url } = await member(t, ({ metadata }, done) => {
    seen.push(metadata.get('hasleader'));
    done(null, {});
  });
  await put(connect(t, url));
  t.deepEqual(seen, [['true']]);
});

test('a call whose connection breaks was sent once, and its outcome is not known', async (t) => {
  let calls = 0;
  const { server, url } = await member(t, () => {
    calls++;
    server.forceShutdown();
  });
  const error = await t.throwsAsync(put(connect(t, url)), { instanceOf: EtcdCallError });
  t.true(error?.sent);
  t.is(meaningOf(error), 'unknown');
  t.is(calls, 1);
});

test('a call that gets no answer in time may have been executed', async (t) => {
  const { url } = await member(t, () => {});
  const error = await t.throwsAsync(put(connect(t, url), 200), { instanceOf: EtcdCallError });
  t.like(error, { code: status.DEADLINE_EXCEEDED, sent: true });
  t.is(meaningOf(error), 'unknown');
});

test('a call that meets no member was not executed', async (t) => {
  const [port = 0] = await freePorts(1);
  const error = await t.throwsAsync(put(connect(t, `http://127.0.0.1:${port}`)), { instanceOf: EtcdCallError });
  t.false(error?.sent);
  t.is(meaningOf(error), 'not-executed');
});

test('a closed connection takes no call, and one that is under way ends', async (t) => {
  const waiting: sendUnaryData<object>[] = [];
  const { url } = await member(t, (_, done) => waiting.push(done));
  const connection = connect(t, url);
  const call = put(connection);
  await waitFor('the call is there', () => waiting.length === 1);
  connection.close();
  const error = await t.throwsAsync(put(connection), { instanceOf: EtcdCallError });
  t.false(error?.sent);
  waiting[0]?.(null, {});
  await t.notThrowsAsync(call);
});

test('a call on a connection that is closed in the same instant was not executed', async (t) => {
  let calls = 0;
  const { url } = await member(t, (_, done) => {
    calls++;
    done(null, {});
  });
  const connection = connect(t, url);
  await put(connection);
  const call = put(connection);
  connection.close();
  const error = await t.throwsAsync(call, { instanceOf: EtcdCallError });
  t.false(error?.sent);
  t.is(meaningOf(error), 'not-executed');
  t.is(calls, 1);
});

test('a URL may end with a slash', async (t) => {
  const { url } = await member(t, (_, done) => done(null, {}));
  await t.notThrowsAsync(put(connect(t, `${url}/`)));
});

test('a call that waits for its connection goes out though the connection is closed meanwhile', async (t) => {
  const { url } = await member(t, (_, done) => done(null, {}));
  const connection = connect(t, url);
  const call = put(connection);
  connection.close(timeout);
  await t.notThrowsAsync(call);
});

test('a member may send an event of a mebibyte at one go, on the stream and on the connection', async (t) => {
  const server = createServer();
  t.teardown(() => server.close());
  let room = () => 0;
  server.on('stream', (stream) => {
    stream.on('error', () => {});
    const { session } = stream;
    room = () => Math.min(session?.remoteSettings.initialWindowSize ?? 0, session?.state.remoteWindowSize ?? 0);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const connection = connect(t, `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const { path, requestSerialize, responseDeserialize } = methodOf('Watch', 'watch');
  const watch = connection.client('Watch').makeBidiStreamRequest(path, requestSerialize, responseDeserialize);
  watch.on('error', () => {});
  t.teardown(() => watch.cancel());
  await waitFor('there is room for it', () => room() > 1 << 20);
  t.true(room() > 1 << 20);
});
