/** Idle connections: neither the Ingress nor the service closes one under a request. */
import { setTimeout as pause } from 'node:timers/promises';
import test from 'ava';
import { send } from './support/client.ts';
import { fortio } from './support/fortio.ts';
import { createKvStore, makeNamespace } from './support/kvstore.ts';
import { installOperator } from './support/operator.ts';

/** Traefik keeps an idle connection to a backend for 90 s, the service for 100 s. */
const traefikIdleSeconds = 90;

test.before('install', installOperator);

test('a burst right before and after the end of idle connections is answered', async (t) => {
  const store = await createKvStore(await makeNamespace(t), { etcd: { members: 1, storage: { size: '1Gi' } } });
  t.is((await send(store, 'POST', '/set', '{"a":1}')).status, 200);
  for (const idle of [traefikIdleSeconds - 0.5, traefikIdleSeconds + 0.5]) {
    t.deepEqual(Object.keys((await fortio(store, 2)).codes), ['200']);
    // The time itself is what is tested.
    await pause(idle * 1000);
    t.deepEqual(Object.keys((await fortio(store, 2)).codes), ['200'], `after ${idle} s`);
  }
});
