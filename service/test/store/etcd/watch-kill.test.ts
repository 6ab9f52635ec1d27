import { join } from 'node:path';
import test from 'ava';
import { EtcdCluster } from '../../../../test-support/etcd-cluster.ts';
import { ServiceProcess } from '../../../../test-support/service-process/service-process.ts';
import { temporaryFolder } from '../../../../test-support/temporary-folder.ts';
import { waitFor } from '../../../../test-support/wait-for.ts';
import { type EventStream, openEvents } from '../../support/event-stream.ts';
import { openReady } from './harness.ts';

interface Event {
  readonly id: string;
  readonly name: string;
  readonly key: string;
  readonly value: unknown;
  readonly revision: number;
}

/** Big enough that a revision does not fit one packet: a kill may cut it anywhere. */
const filler = 'x'.repeat(3000);

test('a client that moves on when the process that serves its watch is killed gets every change once', async (t) => {
  const cluster = await EtcdCluster.start({ size: 3 });
  t.teardown(() => cluster.stop());
  const directory = temporaryFolder(t);
  const processes: ServiceProcess[] = [];
  const start = async (i: number) => {
    const dataDir = join(directory, String(i));
    processes[i] = await ServiceProcess.start({ endpoints: cluster.endpoints, dataDir });
    await processes[i]?.ready();
  };
  t.teardown(() => Promise.all(processes.map((process) => process.kill())));
  await Promise.all([0, 1, 2].map(start));

  // What the client has to receive, as another replica sees it.
  const { store } = await openReady(t, { endpoints: cluster.endpoints, requestTimeout: 30_000 });
  const { store: other } = await openReady(t, { endpoints: cluster.endpoints, requestTimeout: 30_000 });
  const { revision: begin } = await store.set([{ key: 'begin', value: '1' }]);
  await store.barrier();
  const expected: Event[] = [];
  let ended: unknown;
  const watch = store.watch(begin, {
    opened: () => {},
    revision({ revision, changes }) {
      changes.forEach(({ key, value }, i) => {
        const id = `${store.timeline()}-${revision}${i === changes.length - 1 ? '' : `.${i}`}`;
        const name = value === undefined ? 'delete' : 'set';
        expected.push({ id, name, key, value: value === undefined ? undefined : JSON.parse(value), revision });
      });
    },
    end: (problem) => {
      ended = problem;
    },
  });
  t.teardown(() => watch.close());

  let stopped = false;
  /** One after the other, each where the last one ended. */
  const streams: EventStream[] = [];
  const served = [0, 0, 0];
  let serving = 0;
  const client = (async () => {
    let last = `${store.timeline()}-${begin}`;
    for (; !stopped; serving = (serving + 1) % 3) {
      const { port = 0 } = processes[serving] ?? {};
      try {
        const stream = await openEvents(t, { port }, '/watch', { 'Last-Event-ID': last });
        streams.push(stream);
        await new Promise((resolve) => stream.response.once('close', resolve));
        last = stream.lastId() || last;
        served[serving] = (served[serving] ?? 0) + stream.events.length;
      } catch {
        // No process listens there now.
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    }
  })();
  t.teardown(async () => {
    stopped = true;
    streams.at(-1)?.response.destroy();
    await client;
  });
  const heard = () => streams.reduce((sum, { events }) => sum + events.length, 0);
  const lastRevision = () => JSON.parse(streams.at(-1)?.events.at(-1)?.data ?? '{}').revision as unknown;

  let writing = true;
  const writer = async (through: typeof store, id: number) => {
    for (let i = 0; writing; i++) {
      const keys = Array.from({ length: 12 }, (_, j) => `${(i * 7 + j * 3 + id) % 40}`);
      if (i % 4 === 3) await through.delete(keys);
      else await through.set(keys.map((key) => ({ key, value: JSON.stringify(`${id}/${i}/${filler}`) })));
    }
  };
  const writers = [writer(store, 1), writer(store, 2), writer(other, 3)];
  for (let kill = 0; kill < 5; kill++) {
    const before = heard();
    await waitFor('events come', () => heard() > before + 300, { interval: 1 });
    const victim = serving;
    await processes[victim]?.kill();
    await start(victim);
  }
  writing = false;
  await Promise.all(writers);
  const { revision: final } = await store.set([{ key: 'end', value: '1' }]);
  await waitFor('the client has received the last write', () => lastRevision() === final);
  await waitFor('so has the reference', () => expected.at(-1)?.revision === final);
  t.is(ended, undefined);
  t.true(served.filter((count) => count > 0).length > 1, `${served} events by process`);
  t.log(`${heard()} events in ${streams.length} streams`);

  const seen = streams
    .flatMap(({ events }) => events)
    .filter(({ event }) => event !== 'error')
    .map(({ event, id, data }): Event => {
      const { key, value, revision } = JSON.parse(data);
      return { id, name: event, key, value, revision };
    });
  const text = ({ id, name, key }: Event) => `${id} ${name} ${key}`;
  t.deepEqual(seen.map(text), expected.map(text));
  t.deepEqual(
    seen.map(({ value }) => value),
    expected.map(({ value }) => value),
  );
});
