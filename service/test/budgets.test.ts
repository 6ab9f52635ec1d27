/**
 * For each kind of thing a client may do: clients that do their worst within the limits as shipped. The process stays below
 * what a container of 512 MiB allows, probes are answered, and another client goes on. How fast is for `npm run budgets`.
 */
import test, { type ExecutionContext } from 'ava';
import { bars } from '../../checks/budgets/report.ts';
import { Sockets } from '../../checks/budgets/sockets.ts';
import { fill, large, worstClients } from '../../checks/budgets/worst-clients.ts';
import { MemoryWatch } from '../../test-support/process-memory.ts';
import { startService } from '../../test-support/service-process/launch.ts';
import { temporaryFolder } from '../../test-support/temporary-folder.ts';
import { waitFor } from '../../test-support/wait-for.ts';
import { call, get, set, singleConnection } from './support/call.ts';

async function startFilled(t: ExecutionContext) {
  // The heap that Node gives itself in such a container.
  const service = await startService(t, {
    nodeArgs: ['--max-old-space-size=256'],
    env: { KV_DATA_DIR: await temporaryFolder(t), KV_MAX_WAIT: '1s' },
  });
  const target = { port: Number(new URL(service.url).port), pid: service.pid };
  await fill(async (pairs) => (await set(target, pairs)).status);
  return target;
}

for (const [name, attack] of Object.entries(worstClients)) {
  test.serial(name, async (t) => {
    const { port, pid } = await startFilled(t);
    using memory = new MemoryWatch(pid, 'RssAnon');
    const before = memory.now();
    using sockets = new Sockets({ port });
    const send = (...parts: readonly (string | Buffer)[]) => sockets.connect(parts);
    await attack({ send, set: async (pairs) => (await set({ port }, pairs)).status });
    for (let i = 0; i < 20; i++) {
      for (const path of ['/livez', '/readyz']) t.is((await call({ port }, path)).status, 200, path);
      const small = { [`small${i}`]: i };
      // It may be told to come again, as everybody is while there is too much to do.
      await waitFor('another client sets', async () => (await set({ port }, small)).status === 200);
      await waitFor('another client reads', async () => (await get({ port }, `small${i}`)).text === String(i));
    }
    const agent = singleConnection(t);
    const written = async () => (await set({ port }, { another: large }, { agent })).status === 200;
    await waitFor('another client writes a mebibyte', written);
    t.log(`${before.toFixed()} MiB before, ${memory.most.toFixed()} MiB at the most`);
    t.true(memory.most < bars.memory, `${memory.most.toFixed()} MiB`);
  });
}
