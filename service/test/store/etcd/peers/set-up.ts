/** A reader and what connects to it. */
import type { ExecutionContext } from 'ava';
import { systemClock } from '../../../../src/store/clock.ts';
import { type FollowOptions, followReader } from '../../../../src/store/etcd/peers/follow-reader.ts';
import { newSecret } from '../../../../src/store/etcd/peers/pre-shared-key.ts';
import { serveReports } from '../../../../src/store/etcd/peers/serve-reports.ts';

export function recordingLog() {
  const lines: string[] = [];
  const add = (_fields: object, message: string) => void lines.push(message);
  return { lines, log: { info: add, warn: add, error: add } };
}

export function newLease(received = 5) {
  return { id: crypto.randomUUID(), secret: newSecret(), timeline: '0123abcd', received };
}

export async function openPort(t: ExecutionContext, { clock = systemClock } = {}) {
  const { lines, log } = recordingLog();
  const port = await serveReports({ port: 0, host: '127.0.0.1', clock, log });
  t.teardown(() => port.close());
  return { port, lines };
}

/** Follows a reader and keeps what it was told: revisions as numbers, states as words. */
export function follow(
  t: ExecutionContext,
  options: Pick<FollowOptions, 'address' | 'id' | 'secret' | 'timeline'> & Partial<FollowOptions>,
) {
  const { lines, log } = recordingLog();
  const heard: (number | 'connected' | 'lost')[] = [];
  const follower = followReader({
    ...{ clock: systemClock, log },
    onReport: ({ received }) => heard.push(received),
    onState: (isConnected) => heard.push(isConnected ? 'connected' : 'lost'),
    ...options,
  });
  t.teardown(() => follower.close());
  return { heard, lines, close: () => follower.close() };
}
