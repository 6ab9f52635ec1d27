/** Faults while the workload runs: members killed and paused, connections stalled and cut, processes killed. */
import { setTimeout as sleep } from 'node:timers/promises';
import { pick } from '../../../test-support/seeded-random.ts';
import { type Fault, paused, stalled } from './targets.ts';

export const faults: Readonly<Record<string, Fault>> = {
  'leader killed': async ({ cluster }, _, milliseconds) => {
    const leader = await cluster.leader();
    await leader.kill();
    await sleep(milliseconds);
    leader.start();
  },
  'leader paused': async ({ cluster }, _, milliseconds) => paused(await cluster.leader(), milliseconds),
  'follower killed': async ({ cluster }, random, milliseconds) => {
    const follower = pick(await cluster.followers(), random);
    await follower.kill();
    await sleep(milliseconds);
    follower.start();
  },
  'follower paused': async ({ cluster }, random, milliseconds) =>
    paused(pick(await cluster.followers(), random), milliseconds),
  'process cut off': ({ proxies }, random, milliseconds) => stalled(pick(proxies, random), milliseconds),
  'answers held back': ({ proxies }, random, milliseconds) =>
    stalled(pick(proxies, random), milliseconds, { requests: false, answers: true }),
  'one connection stalled': ({ proxies }, random, milliseconds) =>
    stalled([pick(pick(proxies, random), random)], milliseconds),
  'connections cut': async ({ proxies }, random) => {
    for (const proxy of pick(proxies, random)) proxy.cut();
  },
  'process restarted': async ({ restartReplica, proxies }, random) => {
    await restartReplica(Math.floor(random() * proxies.length), true);
  },
  'process restarted empty': async ({ restartReplica, proxies }, random) => {
    await restartReplica(Math.floor(random() * proxies.length), false);
  },
  compaction: async ({ cluster, proxies }, random, milliseconds) => {
    const all = pick(proxies, random);
    for (const proxy of all) proxy.stall();
    await sleep(milliseconds);
    await cluster.compact(await cluster.revision());
    for (const proxy of all) {
      proxy.cut();
      proxy.resume();
    }
  },
};
