/** Reads by lease begin when no pod of another image is left, by the objects alone. */
import type { V1Deployment, V1Pod } from '@kubernetes/client-node';
import test from 'ava';
import { buildDeployment } from '../../src/desired/deployment.ts';
import type { FreshReads } from '../../src/desired/fresh-reads.ts';
import { selectorLabels } from '../../src/desired/labels.ts';
import { freshReadsNow } from '../../src/upgrade/reads-by-lease.ts';
import { kvStore } from '../support/kvstore.ts';

const wanting = kvStore({ freshReads: 'lease' });

/** As the cache shows it, with its rollout at the end unless the counts say otherwise. */
function live(image: string, mode: FreshReads = 'barrier', counts: object = {}): V1Deployment {
  const { metadata, ...rest } = buildDeployment(wanting, { serviceImage: image }, '', mode);
  const all = { replicas: 3, updatedReplicas: 3, readyReplicas: 3, availableReplicas: 3 };
  return {
    ...rest,
    metadata: { ...metadata, generation: 2 },
    status: { observedGeneration: 2, ...all, ...counts },
  };
}

function pod(image: string | undefined, change: { phase?: string; component?: 'service' | 'backup' } = {}): V1Pod {
  const { phase = 'Running', component = 'service' } = change;
  const annotations: Record<string, string> = image === undefined ? {} : { 'kvstore.dev/service-image': image };
  return { metadata: { labels: selectorLabels('shop', component), annotations }, status: { phase } };
}

const now = (deployment: V1Deployment | undefined, pods: readonly V1Pod[], image = 'b') =>
  freshReadsNow(wanting, image, { live: deployment, pods });

test('a spec that does not ask for them gets none', (t) => {
  for (const spec of [{}, { freshReads: 'barrier' }] as const) {
    t.is(freshReadsNow(kvStore(spec), 'b', { live: live('b', 'lease'), pods: [pod('b')] }), 'barrier');
  }
});

test('a new store reads by lease from its first pod on, unless a former one of its name still ends', (t) => {
  t.is(now(undefined, []), 'lease');
  t.is(now(undefined, [pod('b')]), 'lease');
  t.is(now(undefined, [pod('a')]), 'barrier');
});

test('with the rollout of the image at its end they begin, and stay', (t) => {
  t.is(now(live('b'), [pod('b'), pod('b'), pod('b')]), 'lease');
  t.is(now(live('b', 'lease'), [pod('b')]), 'lease');
  t.is(now(live('b', 'lease', { updatedReplicas: 1 }), [pod('b')]), 'lease', 'while their own rollout is under way');
});

test('before and during the rollout of another image there are none', (t) => {
  t.is(now(live('a'), [pod('a')]), 'barrier');
  t.is(now(live('a', 'lease'), [pod('a')]), 'barrier', 'whether pods read by lease already or not');
  t.is(now(live('b', 'barrier', { updatedReplicas: 1 }), [pod('b'), pod('a')]), 'barrier');
  t.is(
    now(live('b', 'barrier', { observedGeneration: 1 }), [pod('b')]),
    'barrier',
    'its controller has not seen this template yet',
  );
});

test('a pod that still ends, starts or says nothing of its image holds them up; one that has ended does not', (t) => {
  const last = (other: V1Pod) => now(live('b'), [pod('b'), other]);
  t.is(last(pod('a')), 'barrier');
  t.is(last(pod('a', { phase: 'Pending' })), 'barrier');
  t.is(last(pod('a', { phase: 'Unknown' })), 'barrier', 'of a node that is lost');
  t.is(last(pod(undefined)), 'barrier', 'an older operator made it');
  t.is(last(pod('a', { phase: 'Failed' })), 'lease');
  t.is(last(pod('a', { phase: 'Succeeded' })), 'lease');
  t.is(last(pod('a', { component: 'backup' })), 'lease', 'it is no replica');
});

test('what counts is the image that was asked for, not the name that a webhook gave it', (t) => {
  const mirrored = live('b');
  for (const container of mirrored.spec?.template.spec?.containers ?? []) container.image = 'mirror.test/b';
  t.is(now(mirrored, [pod('b')]), 'lease');
});
