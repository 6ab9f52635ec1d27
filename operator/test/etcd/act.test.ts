/** Asking members in turn. */
import { EtcdCallError } from '@kvstore/etcd/call-error.ts';
import test from 'ava';
import { act } from '../../src/etcd/act.ts';
import type { MemberClient, MemberTools } from '../../src/etcd/contract.ts';
import { etcdNames } from '../../src/etcd/names.ts';
import { kvstoreWith } from './samples.ts';

const unhealthy = new EtcdCallError('MemberAdd: etcdserver: unhealthy cluster', 14, true);
const exists = new EtcdCallError('MemberAdd: etcdserver: Peer URLs already exists', 9, true);
const unreached = new Error('MemberAdd: no connection');

/** @param answers an error of each member, or undefined where it agrees */
async function add(t: { readonly asked: string[] }, answers: readonly (Error | undefined)[]) {
  const member = (name: string) =>
    ({
      memberAdd: async () => {
        t.asked.push(name);
        const error = answers[Number(name)];
        if (error !== undefined) throw error;
      },
    }) as unknown as MemberClient;
  const ask = answers.map((_, index) => String(index));
  return act({ kind: 'add-learner', ask, peerURL: 'x' }, etcdNames(kvstoreWith()), { member } as MemberTools);
}

const cases: readonly [title: string, answers: (Error | undefined)[], asked: number, result: string | undefined][] = [
  ['the first agrees', [undefined, undefined], 1, undefined],
  ['the first refuses', [unhealthy, undefined], 2, undefined],
  ['the first is not reached', [unreached, undefined], 2, undefined],
  ['an answer was lost: the next one says that it is done', [unreached, exists, undefined], 2, undefined],
  ['all refuse', [unhealthy, unhealthy], 2, `0: ${unhealthy.message}, 1: ${unhealthy.message}`],
  ['one refuses, the other is not reached', [unhealthy, unreached], 2, `0: ${unhealthy.message}`],
];
for (const [title, answers, count, result] of cases) {
  test(title, async (t) => {
    const asked: string[] = [];
    t.is(await add({ asked }, answers), result);
    t.is(asked.length, count);
  });
}

test('none is reached: an error to back off from', async (t) => {
  await t.throwsAsync(add({ asked: [] }, [unreached, unreached]), { message: unreached.message });
});
