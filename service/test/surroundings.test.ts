/** Machines that are not as usual: what the process finds around it changes nothing that a client sees. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { networkInterfaces } from 'node:os';
import { text } from 'node:stream/consumers';
import test from 'ava';
import { startService } from '../../test-support/service-process/launch.ts';
import { temporaryFolder } from '../../test-support/temporary-folder.ts';
import { waitFor } from '../../test-support/wait-for.ts';

async function post(url: string, body: string): Promise<number> {
  const answer = await fetch(`${url}/set`, { method: 'POST', body });
  await answer.text();
  return answer.status;
}

test('without a temporary folder, in another language and time zone, everything is as it is elsewhere', async (t) => {
  const env = {
    ...{ TMPDIR: '/nowhere', TMP: '/nowhere', TEMP: '/nowhere' },
    ...{ LANG: 'tr_TR.UTF-8', LC_ALL: 'tr_TR.UTF-8', TZ: 'Asia/Kathmandu' },
  };
  const service = await startService(t, { env: { ...env, KV_DATA_DIR: `${temporaryFolder(t)}/data` } });
  t.is(await post(service.url, '{"İI":1,"ä":2,"Z":3,"i":4}'), 200);
  const dump = await fetch(service.url);
  t.is(await dump.text(), '{"Z":3,"i":4,"ä":2,"İI":1}', 'in the order of bytes');
  t.regex(dump.headers.get('date') ?? '', / GMT$/);
  t.is((await (await fetch(`${service.url}/search?prefix=%C4%B0`)).text()).trim(), '["İI"]');
  t.is((await service.stop()).code, 0);
});

/** Whether a listener on `::` is possible, and whether this machine can be called by IPv6: one may be without the other. */
const canListen = async () => {
  const server = createServer();
  const listening = await new Promise((resolve) => {
    server.once('error', () => resolve(false)).listen({ port: 0, host: '::' }, () => resolve(true));
  });
  server.close();
  return listening;
};
const hasIPv6 = Object.values(networkInterfaces()).some((each) => each?.some(({ address }) => address === '::1'));

test('KV_HOST=:: answers both families; where there is no IPv6 it says so and ends', async (t) => {
  const env = { KV_HOST: '::', KV_DATA_DIR: `${temporaryFolder(t)}/data` };
  if (!(await canListen())) {
    await t.throwsAsync(startService(t, { env }), { message: /ended with 1/ });
    return;
  }
  const service = await startService(t, { env });
  const { port } = new URL(service.url);
  for (const host of [...(hasIPv6 ? ['[::1]'] : []), '127.0.0.1', 'localhost']) {
    t.is(await post(`http://${host}:${port}`, '{"a":1}'), 200, host);
  }
});

test('a process whose descriptors are used up serves again once there are some', async (t) => {
  const folder = temporaryFolder(t);
  const service = await startService(t, { env: { KV_DATA_DIR: `${folder}/data` } });
  // Its limit, as another process sets it.
  const limit = 60;
  const limited = spawn('prlimit', [`--nofile=${limit}`, '--pid', String(service.pid)]);
  const said = text(limited.stderr);
  const [code] = await once(limited, 'close');
  t.is(code, 0, await said);
  const sockets: Socket[] = [];
  let refused = 0;
  for (let i = 0; i < 2 * limit; i++) {
    const socket = connect(Number(new URL(service.url).port), '127.0.0.1');
    // Half a request: the connection stays.
    socket.on('error', () => {}).once('close', () => refused++);
    socket.write('GET /livez HTTP/1.1\r\n');
    sockets.push(socket);
  }
  await waitFor('there is none left', () => refused > 0);
  for (const socket of sockets) socket.destroy();
  await waitFor('it serves again', () =>
    post(service.url, '{"a":1}').then(
      (status) => status === 200,
      () => false,
    ),
  );
  t.is(await (await fetch(service.url)).text(), '{"a":1}');
  t.is((await service.stop()).code, 0);
});
