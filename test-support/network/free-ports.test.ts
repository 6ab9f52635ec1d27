import { once } from 'node:events';
import { createServer } from 'node:net';
import test from 'ava';
import { freePorts } from './free-ports.ts';

test.serial('ports are different, free, and none that a system gives to an outgoing connection', async (t) => {
  const ports = [...(await freePorts(20)), ...(await freePorts(20))];
  t.is(new Set(ports).size, 40);
  for (const port of ports) {
    t.true(port > 10_000 && port < 30_000);
    const server = createServer().listen(port, '127.0.0.1');
    await once(server, 'listening');
    server.close();
  }
});

test.serial('a port that is taken is passed over', async (t) => {
  const [first = 0] = await freePorts(1);
  const server = createServer().listen(first + 1, '127.0.0.1');
  t.teardown(() => server.close());
  await once(server, 'listening');
  t.not((await freePorts(1))[0], first + 1);
});
