import type { V1PersistentVolumeClaim, V1StatefulSet } from '@kubernetes/client-node';
import test from 'ava';
import { initialState } from '../../src/etcd/initial-state.ts';
import { clusterAnnotation, etcdNames } from '../../src/etcd/names.ts';
import { kvstoreWith } from './samples.ts';

const names = etcdNames(kvstoreWith());
const gib = 2 ** 30;
const claim = (ordinal: number, capacity?: string): V1PersistentVolumeClaim => ({
  metadata: { name: names.claim(ordinal), uid: `v${ordinal}` },
  ...(capacity === undefined ? {} : { status: { capacity: { storage: capacity } } }),
});
const formed: V1StatefulSet = { metadata: { annotations: { [clusterAnnotation]: 'c' } } };

test('nothing there: one seed', (t) => {
  t.deepEqual(initialState(names, { pods: [], secrets: [], trials: { jobs: [], pods: [] }, claims: [] }, gib), {
    volumeBytes: gib,
    members: { 0: { gate: 'seed' } },
  });
});

test('caches that show the StatefulSet before the ConfigMap change nothing', (t) => {
  const objects = {
    statefulSet: { metadata: {} },
    pods: [],
    secrets: [],
    trials: { jobs: [], pods: [] },
    claims: [claim(0)],
  };
  t.deepEqual(initialState(names, objects, gib).members, { 0: { gate: 'seed' } });
});

test('a cluster that was seen never gets a seed again', (t) => {
  const objects = { statefulSet: formed, pods: [], secrets: [], trials: { jobs: [], pods: [] }, claims: [claim(0)] };
  t.deepEqual(initialState(names, objects, gib).members, { 0: { gate: 'closed', claim: 'v0' } });
});

test('volumes that were kept come back closed, with those that are missing known as such', (t) => {
  t.deepEqual(
    initialState(
      names,
      { pods: [], secrets: [], trials: { jobs: [], pods: [] }, claims: [claim(1, '1Gi'), claim(2, '2Gi')] },
      4 * gib,
    ),
    {
      volumeBytes: gib,
      members: {
        0: { gate: 'closed', claim: '' },
        1: { gate: 'closed', claim: 'v1' },
        2: { gate: 'closed', claim: 'v2' },
      },
    },
  );
});

test('claims of others are not counted', (t) => {
  const other = { metadata: { name: 'data-shop-etcd-old-1', uid: 'x' } };
  t.deepEqual(
    initialState(names, { pods: [], secrets: [], trials: { jobs: [], pods: [] }, claims: [other] }, gib).members,
    { 0: { gate: 'seed' } },
  );
});
