import test from 'ava';
import type { Session } from '../load/session.ts';
import { loadInTurn } from './round.ts';

test('the first slice of a session is not counted, and its failures are', async (t) => {
  const log: string[] = [];
  const target = (name: string) => ({
    name,
    pids: [],
    begin: async (): Promise<Session> => {
      log.push(`${name} begins`);
      let first = true;
      return {
        async slice() {
          log.push(name);
          const answers = first ? 1_000_000 : 50;
          first = false;
          return { answers, milliseconds: 100 };
        },
        async end() {
          log.push(`${name} ends`);
          return { p50: 1, p99: 2, errors: 3 };
        },
      };
    },
  });
  const figures = await loadInTurn([target('a'), target('b')], 2, 50);
  t.deepEqual(figures, Array(2).fill({ rate: 500, p50: 1, p99: 2, errors: 3, cpu: 0 }));
  // All are connected before the first is loaded, so that none has the machine to itself.
  t.deepEqual(log.slice(0, 2), ['a begins', 'b begins']);
  t.deepEqual(log.slice(2, -2), ['a', 'b', 'a', 'b', 'b', 'a']);
  t.deepEqual(log.slice(-2), ['a ends', 'b ends']);
});
