import { waitFor } from '../../../test-support/wait-for.ts';
import type { Store } from '../../src/store/store.ts';
import { assertProblem } from '../support/assert-problem.ts';
import { call, get, set } from '../support/call.ts';
import { startService } from '../support/start-service.ts';
import { contractTest } from '../support/store-kinds.ts';

contractTest('a service that serves is live and ready', async (t, kind) => {
  const service = await startService(t, kind);
  for (const path of ['/livez', '/readyz']) {
    const answer = await call(service, path);
    t.is(answer.status, 200);
    t.is(answer.text, '{"status":"ok"}');
  }
});

contractTest('while draining it is live, not ready, serves, and closes connections', async (t, kind) => {
  const service = await startService(t, kind);
  await set(service, { a: 1 });
  service.drain.begin();
  t.is((await call(service, '/livez')).status, 200);
  t.regex(assertProblem(t, await call(service, '/readyz'), 'not-ready'), /shutting down/);
  const answer = await get(service, 'a');
  t.is(answer.text, '1');
  t.is(answer.headers.connection, 'close');
});

contractTest('a store that is not ready makes the service not ready, and says why', async (t, kind) => {
  const reason = 'The first sync is not done.';
  const state: { reason: string | undefined } = { reason };
  const around = (store: Store): Store =>
    new Proxy(store, {
      get(target, name) {
        if (name === 'notReady') return () => state.reason;
        const value: unknown = Reflect.get(target, name, target);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
  const service = await startService(t, kind, { around });
  t.is(assertProblem(t, await call(service, '/readyz'), 'not-ready'), reason);
  t.is((await call(service, '/livez')).status, 200);
  state.reason = undefined;
  await waitFor('readiness', async () => (await call(service, '/readyz')).status === 200);
});
