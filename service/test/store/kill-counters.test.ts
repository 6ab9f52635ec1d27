/** A process that is killed while it adds loses no increment that it acknowledged, and adds none twice. */
import test from 'ava';
import type { Target } from '../../../checks/linearizable/call.ts';
import { Counters } from '../../../checks/linearizable/counters.ts';
import { seededRandom } from '../../../checks/linearizable/random.ts';
import { startService } from '../../../test-support/service-process/launch.ts';
import { temporaryFolder } from '../../../test-support/temporary-folder.ts';
import { waitFor } from '../../../test-support/wait-for.ts';

const kills = 5;

test('kill -9 at any moment: acknowledged increments stay, and their sums rise with time', async (t) => {
  t.timeout(300_000);
  const seed = Number(process.env.KILL_SEED ?? Math.floor(Math.random() * 2 ** 31));
  t.log(`KILL_SEED=${seed}`);
  const random = seededRandom(seed);
  const env = { KV_DATA_DIR: temporaryFolder(t) };
  const replicas: Target[] = [];
  let service = await startService(t, { env });
  replicas[0] = service;
  const counters = new Counters({ replicas, clientsPerReplica: 8, random });
  t.teardown(() => counters.stop());
  for (let round = 0; round < kills; round++) {
    const before = counters.count;
    const enough = 20 + random() * 200;
    await waitFor('operations flow', () => counters.count > before + enough, { timeout: 60_000, interval: 1 });
    await service.stop('SIGKILL');
    service = await startService(t, { env });
    replicas[0] = service;
  }
  await counters.finish();
  t.deepEqual(counters.violations(), []);
  t.true(counters.writes.length > kills);
});
