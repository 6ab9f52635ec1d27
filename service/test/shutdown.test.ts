/** SIGTERM: no request is reset, and the process ends in time. */
import { once } from 'node:events';
import { Agent, get, type IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';
import { env as environment } from 'node:process';
import test, { type ExecutionContext } from 'ava';
import { launch, type Service, startService } from '../../test-support/service-process/launch.ts';
import { temporaryFolder } from '../../test-support/temporary-folder.ts';
import { waitFor } from '../../test-support/wait-for.ts';

function start(t: ExecutionContext, env: Record<string, string> = {}): Promise<Service> {
  return startService(t, { env: { KV_DATA_DIR: temporaryFolder(t), KV_DRAIN_WINDOW: '2s', ...env } });
}

async function shuttingDown(service: Service): Promise<void> {
  await waitFor('shutting down', () => service.log.some(({ msg }) => msg === 'shutting down'));
}

async function open(t: ExecutionContext, service: Service): Promise<Socket> {
  const { hostname, port } = new URL(service.url);
  const socket = connect(Number(port), hostname);
  t.teardown(() => socket.destroy());
  await once(socket, 'connect');
  return socket.setEncoding('utf8');
}

/** Values of some megabytes, more than the sockets between hold. */
async function fill(service: Service): Promise<void> {
  for (let i = 0; i < 32; i++) {
    const body = JSON.stringify({ [`key-${i}`]: 'x'.repeat(1_000_000) });
    const answer = await fetch(`${service.url}/set`, { method: 'POST', body });
    if (answer.status !== 200) throw new Error(`set answered with ${answer.status}`);
  }
}

async function slowDump(service: Service): Promise<IncomingMessage> {
  const [answer] = (await once(get(`${service.url}/`, { agent: false }), 'response')) as [IncomingMessage];
  return answer;
}

test('a scrape in the drain window sees it', async (t) => {
  const service = await start(t);
  service.child.kill('SIGTERM');
  await shuttingDown(service);
  const text = await (await fetch(`${service.url}/metrics`)).text();
  t.regex(text, /^kvstore_service_ready 0$/m);
  t.regex(text, /^kvstore_service_draining 1$/m);
});

test('requests before, in and across the drain window are all answered; then it ends with 0', async (t) => {
  const service = await start(t);
  const agent = new Agent({ keepAlive: true });
  t.teardown(() => agent.destroy());
  let ended = false;
  let answered = 0;
  let closing = 0;
  const failures: unknown[] = [];
  const clients = Array.from({ length: 8 }, async () => {
    while (!ended) {
      try {
        const [answer] = (await once(get(`${service.url}/livez`, { agent }), 'response')) as [IncomingMessage];
        await answer.resume().toArray();
        answered++;
        if (answer.headers.connection === 'close') {
          // It goes elsewhere, as a balancer does.
          closing++;
          return;
        }
      } catch (error) {
        failures.push(error);
        return;
      }
    }
  });
  const idle = await open(t, service);
  idle.write('GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n');
  await once(idle, 'data');
  const half = await open(t, service);
  half.write('POST /set HTTP/1.1\r\nHost: localhost\r\nContent-Length: 7\r\n\r\n{"a"');

  await waitFor('requests', () => answered > 50);
  const exit = service.stop('SIGTERM');
  await shuttingDown(service);
  const ready = await fetch(`${service.url}/readyz`);
  t.is(ready.status, 503);
  t.is(ready.headers.get('connection'), 'close');
  t.is(((await ready.json()) as { code: string }).code, 'not-ready');

  // An idle connection that is used again in the window gets its answer, and is told to go.
  idle.write('GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n');
  const [again] = await once(idle, 'data');
  t.regex(String(again), /^HTTP\/1\.1 200 [\s\S]*connection: close/i);
  half.write(':1}');
  const [set] = await once(half, 'data');
  t.regex(String(set), /^HTTP\/1\.1 200 /);

  t.deepEqual(await exit, { code: 0, signal: null });
  ended = true;
  await Promise.all(clients);
  t.deepEqual(failures, []);
  t.is(closing, clients.length, 'each client was told to go elsewhere');
  t.is(service.log.at(-1)?.msg, 'ended');
});

test('idle connections do not hold the end up', async (t) => {
  const service = await start(t, { KV_DRAIN_WINDOW: '0s', KV_DRAIN_TIMEOUT: '1h' });
  const idle = await open(t, service);
  idle.write('GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n');
  await once(idle, 'data');
  t.is((await service.stop('SIGTERM')).code, 0);
});

test('a stream that is being read is sent to its end', async (t) => {
  const service = await start(t, { KV_DRAIN_WINDOW: '0s', KV_DRAIN_TIMEOUT: '1h' });
  await fill(service);
  const answer = await slowDump(service);
  const exit = service.stop('SIGTERM');
  await shuttingDown(service);
  const text = Buffer.concat(await answer.toArray()).toString();
  t.is(Object.keys(JSON.parse(text) as object).length, 32);
  t.is((await exit).code, 0);
});

test('a stream without a reader is cut at the deadline, so that it is not taken for the whole', async (t) => {
  const service = await start(t, { KV_DRAIN_WINDOW: '0s', KV_DRAIN_TIMEOUT: '1s' });
  await fill(service);
  const answer = await slowDump(service);
  t.is((await service.stop('SIGTERM')).code, 0);
  await t.throwsAsync(answer.toArray(), { message: 'aborted' });
});

test('a client that goes away in the middle of a stream leaves nothing behind', async (t) => {
  const service = await start(t);
  await fill(service);
  for (let i = 0; i < 20; i++) (await slowDump(service)).destroy();
  await waitFor('only the scrape itself is active', async () => {
    const text = await (await fetch(`${service.url}/metrics`)).text();
    return /^http_server_active_requests 1$/m.test(text);
  });
  t.false(service.log.some(({ msg }) => msg === 'request failed'));
});

test('a second signal exits at once', async (t) => {
  const service = await start(t, { KV_DRAIN_WINDOW: '1h', KV_DRAIN_TIMEOUT: '1h' });
  service.child.kill('SIGTERM');
  await shuttingDown(service);
  t.is((await service.stop('SIGTERM')).code, 1);
});

test('a signal in the instant in which it begins to listen ends it in order', async (t) => {
  const signalWhenListening = `import { subscribe } from 'node:diagnostics_channel';
subscribe('tracing:net.server.listen:asyncEnd', () => process.kill(process.pid, 'SIGTERM'));`;
  const preload = `data:text/javascript,${encodeURIComponent(signalWhenListening)}`;
  const service = launch(t, {
    env: { KV_DATA_DIR: temporaryFolder(t), KV_DRAIN_WINDOW: '0s' },
    nodeArgs: ['--import', preload],
  });
  t.deepEqual(await service.ended, { code: 0, signal: null });
  t.deepEqual(service.log.map(({ msg }) => msg).slice(-3), ['listening', 'shutting down', 'ended']);
});

test('with thousands of idle connections and a thousand watches the service still answers, and ends', async (t) => {
  const service = await start(t, { KV_DRAIN_WINDOW: '0s' });
  const wanted = Number(environment.IDLE_CONNECTIONS ?? 10_000);
  let sockets = 0;
  for (; sockets < wanted; sockets += 200) await Promise.all(Array.from({ length: 200 }, () => open(t, service)));
  const heard: (() => string)[] = [];
  // All at once would be more than may wait for their turn.
  while (heard.length < 1000) heard.push(...(await Promise.all(Array.from({ length: 50 }, () => watch(t, service)))));
  t.is((await fetch(`${service.url}/set`, { method: 'POST', body: '{"a":1}' })).status, 200);
  t.is(await (await fetch(`${service.url}/get/a`)).text(), '1');
  t.true((await fetch(`${service.url}/livez`)).ok);
  await waitFor('every watch reports it', () => heard.every((text) => text().includes('"key":"a"')));
  t.log(`${sockets} connections, ${heard.length} watches`);
  t.is((await service.stop('SIGTERM')).code, 0);
});

/** Resolves when the watch has begun, with a function that returns all that came. */
async function watch(t: ExecutionContext, service: Service): Promise<() => string> {
  const socket = await open(t, service);
  let text = '';
  socket.on('data', (data) => {
    text += data;
  });
  socket.write('GET /watch HTTP/1.1\r\nHost: localhost\r\n\r\n');
  await waitFor('the watch begins', () => text.includes('200 OK'));
  return () => text;
}
