import test from 'ava';
import { waitFor } from '../../../../../test-support/wait-for.ts';
import { systemClock } from '../../../../src/store/clock.ts';
import { followReader } from '../../../../src/store/etcd/peers/follow-reader.ts';
import { serveReports } from '../../../../src/store/etcd/peers/serve-reports.ts';
import { newLease, recordingLog } from './set-up.ts';

/** Sockets and listeners of this test's thread. */
function openSockets(): number {
  return process.getActiveResourcesInfo().filter((name) => /^(TCP|TLS)/.test(name)).length;
}

test('both ends closed leave no sockets and no timers', async (t) => {
  const before = openSockets();
  const timers = new Set<object>();
  const clock = {
    ...systemClock,
    after: (milliseconds: number, callback: () => void) => {
      const timer = {};
      timers.add(timer);
      const cancel = systemClock.after(milliseconds, () => {
        timers.delete(timer);
        callback();
      });
      return () => {
        timers.delete(timer);
        cancel();
      };
    },
  };
  const { log } = recordingLog();
  const port = await serveReports({ port: 0, host: '127.0.0.1', clock, log });
  const lease = newLease();
  const reader = port.offer(lease);
  const heard: number[] = [];
  const options = { ...lease, clock, log, onReport: () => heard.push(1), onState: () => {} };
  const followers = [1, 2].map(() => followReader({ ...options, address: reader.address }));
  await waitFor('reports', () => heard.length === 2);
  t.true(openSockets() > before);
  t.true(timers.size > 0);
  for (const follower of followers) follower.close();
  await reader.close();
  await port.close();
  await waitFor('no timers', () => timers.size === 0);
  await waitFor('no sockets', () => openSockets() === before);
  t.pass();
});
