/** When a restore begins, what its Job's end means, and that it is never done twice. */
import type { V1Deployment, V1Job, V1Pod } from '@kubernetes/client-node';
import test from 'ava';
import type { KvStore } from '../../src/kvstore.ts';
import { restoreOf } from '../../src/reconcile/restore.ts';
import { kvStore } from '../support/kvstore.ts';

const restoreFrom = { volumeClaim: 'backups', file: 'latest' };
const serving: V1Deployment = { status: { availableReplicas: 1 } };

function jobThat(ended?: 'Complete' | 'Failed'): V1Job {
  const conditions = ended === undefined ? [] : [{ type: ended, status: 'True' }];
  return { metadata: { name: 'shop-restore-1' }, status: { conditions } };
}

function podThat(exitCode: number): V1Pod {
  const state = { terminated: { exitCode } };
  return {
    status: { containerStatuses: [{ name: 'restore', image: '', imageID: '', ready: false, restartCount: 0, state }] },
  };
}

function known(status: 'True' | 'False', reason: string, asked = true): KvStore {
  const condition = {
    ...{ type: 'Restored', status, reason, message: 'as before' },
    ...{ observedGeneration: 1, lastTransitionTime: '2026-01-01T00:00:00Z' },
  };
  return kvStore(asked ? { restoreFrom } : {}, { conditions: [condition] });
}

function look(kvstore: KvStore, objects: Partial<Parameters<typeof restoreOf>[1]> = {}) {
  const found = restoreOf(kvstore, { deployment: serving, job: undefined, pods: [], ...objects });
  return found === undefined ? undefined : [found.finding.status, found.finding.reason, found.holdsUp, found.start];
}

const asked = kvStore({ restoreFrom });

test('the spec asks for no restore', (t) => t.is(look(kvStore()), undefined));

test('it waits for a replica, then begins', (t) => {
  t.deepEqual(look(asked, { deployment: undefined }), ['False', 'Waiting', 'Restoring', false]);
  t.deepEqual(look(asked), ['False', 'Waiting', 'Restoring', true]);
  t.deepEqual(look(asked, { job: jobThat() }), ['False', 'Restoring', 'Restoring', false]);
});

test('done: never again, whatever becomes of the Job, the replicas or the spec', (t) => {
  t.deepEqual(look(asked, { job: jobThat('Complete') }), ['True', 'Restored', undefined, false]);
  for (const kvstore of [known('True', 'Restored'), known('True', 'Restored', false)]) {
    for (const job of [undefined, jobThat(), jobThat('Failed')]) {
      t.deepEqual(look(kvstore, { job }), ['True', 'Restored', undefined, false]);
    }
  }
});

test('failed: the store is held up until somebody deletes the Job', (t) => {
  const failed = { job: jobThat('Failed'), pods: [podThat(1)] };
  t.deepEqual(look(asked, failed), ['False', 'Failed', 'RestoreFailed', false]);
  t.deepEqual(look(known('False', 'Failed')), ['False', 'Waiting', 'Restoring', true]);
});

test('other data is left as it is, and served', (t) => {
  const refused = { job: jobThat('Failed'), pods: [podThat(1), podThat(4)] };
  t.deepEqual(look(asked, refused), ['False', 'OtherData', undefined, false]);
  t.deepEqual(look(known('False', 'OtherData'), { job: jobThat('Failed') }), ['False', 'OtherData', undefined, false]);
});
