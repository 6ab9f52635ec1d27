/** Those who watch, and those who write: neither is the other's trouble. */
import type { Problem } from '@kvstore/core/problem.ts';
import pino from 'pino';
import { Registry } from 'prom-client';
import { waitFor } from '../../../test-support/wait-for.ts';
import { contractTest } from '../support/store-kinds.ts';

for (const [how, fail] of [
  [
    'throws',
    () => {
      throw new Error('broken');
    },
  ],
  ['rejects', () => Promise.reject(new Error('broken'))],
] as const) {
  contractTest(`a watcher that ${how} is ended; neither who writes nor another watcher notices`, async (t, kind) => {
    const store = await kind.open(t, { registry: new Registry(), log: pino({ level: 'silent' }) });
    t.teardown(() => store.close());
    const { revision: after } = await store.set([{ key: 'a', value: '1' }]);
    await store.barrier();
    let opened = 0;
    let calls = 0;
    const ends: Problem[] = [];
    const heard: number[] = [];
    const opens = { opened: () => void opened++ };
    const broken = {
      ...opens,
      revision: () => {
        calls++;
        return fail();
      },
      end: (problem: Problem) => void ends.push(problem),
    };
    const sound = {
      ...opens,
      revision: ({ revision }: { revision: number }) => void heard.push(revision),
      end: (problem: Problem) => t.fail(problem.message),
    };
    for (const watcher of [broken, sound]) {
      const watch = store.watch(after, watcher);
      t.teardown(() => watch.close());
    }
    await waitFor('both watch', () => opened === 2);
    const revisions = [(await store.set([{ key: 'a', value: '2' }])).revision];
    await waitFor('the broken one is ended', () => ends.length > 0);
    revisions.push((await store.set([{ key: 'a', value: '3' }])).revision);
    await waitFor('the other one has got both', () => heard.length === 2);
    t.deepEqual(heard, revisions);
    t.deepEqual(
      ends.map(({ code }) => code),
      ['internal'],
    );
    t.is(calls, 1);
    t.is(store.notReady(), undefined);
  });
}
