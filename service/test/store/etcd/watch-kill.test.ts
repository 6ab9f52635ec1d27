import { join } from 'node:path';
import test from 'ava';
import { EtcdCluster } from '../../../../test-support/etcd-cluster.ts';
import { eventsOf } from '../../../../test-support/event-stream.ts';
import { ServiceProcess } from '../../../../test-support/service-process.ts';
import { waitFor } from '../../../../test-support/wait-for.ts';
import { newDirectory, openReady } from './harness.ts';

interface Event {
  readonly id: string;
  readonly name: string;
  readonly key: string;
  readonly value: unknown;
  readonly revision: number;
}

/** Big enough that a revision does not fit one packet: a kill may cut it anywhere. */
const filler = 'x'.repeat(3000);

test('a client that moves on when the process that serves its watch is killed misses nothing and hears nothing twice', async (t) => {
  const cluster = await EtcdCluster.start({ size: 3 });
  t.teardown(() => cluster.stop());
  const directory = await newDirectory(t);
  const processes: ServiceProcess[] = [];
  const start = async (i: number) => {
    const dataDir = join(directory, String(i));
    processes[i] = await ServiceProcess.start({ endpoints: cluster.endpoints, dataDir });
    await processes[i]?.ready();
  };
  t.teardown(() => Promise.all(processes.map((process) => process.kill())));
  await Promise.all([0, 1, 2].map(start));

  // What the client has to hear of, as another replica sees it.
  const { store } = await openReady(t, { endpoints: cluster.endpoints, requestTimeout: 30_000 });
  const { store: other } = await openReady(t, { endpoints: cluster.endpoints, requestTimeout: 30_000 });
  const begin = await store.set([{ key: 'begin', value: '1' }]);
  await store.barrier();
  const expected: Event[] = [];
  let ended: unknown;
  const watch = store.watch(begin, {
    opened: () => {},
    revision({ revision, changes }) {
      changes.forEach(({ key, value }, i) => {
        const id = i === changes.length - 1 ? String(revision) : `${revision}.${i}`;
        const name = value === undefined ? 'delete' : 'set';
        expected.push({ id, name, key, value: value === undefined ? undefined : JSON.parse(value), revision });
      });
    },
    end: (problem) => {
      ended = problem;
    },
  });
  t.teardown(() => watch.close());

  const stop = new AbortController();
  const seen: Event[] = [];
  const served = [0, 0, 0];
  let serving = 0;
  const client = (async () => {
    let last = String(begin);
    for (; !stop.signal.aborted; serving = (serving + 1) % 3) {
      try {
        for await (const { event, id, data } of eventsOf(`${processes[serving]?.url}/watch`, last, stop.signal)) {
          if (event === 'error') break;
          last = id ?? last;
          if (data === '') continue;
          const { key, value, revision } = JSON.parse(data) as Omit<Event, 'id' | 'name'>;
          seen.push({ id: last, name: event, key, value, revision });
          served[serving] = (served[serving] ?? 0) + 1;
        }
      } catch {
        // Nobody listens there now.
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    }
  })();
  t.teardown(async () => {
    stop.abort();
    await client;
  });

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
    const before = seen.length;
    await waitFor('events come', () => seen.length > before + 300, { interval: 1 });
    const victim = serving;
    await processes[victim]?.kill();
    await start(victim);
  }
  writing = false;
  await Promise.all(writers);
  const final = await store.set([{ key: 'end', value: '1' }]);
  await waitFor('the client has heard of the last write', () => seen.at(-1)?.revision === final);
  await waitFor('so has the reference', () => expected.at(-1)?.revision === final);
  t.is(ended, undefined);
  t.true(served.filter((count) => count > 0).length > 1, `${served} events by process`);
  t.log(`${seen.length} events, ${served} by process`);

  const text = ({ id, name, key }: Event) => `${id} ${name} ${key}`;
  t.deepEqual(seen.map(text), expected.map(text));
  t.deepEqual(
    seen.map(({ value }) => value),
    expected.map(({ value }) => value),
  );
});
