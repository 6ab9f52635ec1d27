/** What the Job that tries an image shows. */
import type { V1Job, V1Pod } from '@kubernetes/client-node';
import test from 'ava';
import { etcdNames } from '../../src/etcd/names.ts';
import { trialJob, trialName, trialsSeen } from '../../src/etcd/trial.ts';
import { kvstoreWith } from './samples.ts';

const names = etcdNames(kvstoreWith());
const trial = { image: 'registry.example/etcd:v3.6.17', node: 'a' };
const now = new Date('2026-11-29T12:00:00Z');
const job = (change: object = {}, age = 10): V1Job => ({
  metadata: { name: 'j', creationTimestamp: new Date(now.getTime() - age * 1000) },
  ...change,
});
const ended = (type: string, reason?: string) => ({ status: { conditions: [{ type, status: 'True', reason }] } });
const pod = (status: object): V1Pod => ({
  metadata: { name: 'p', labels: { 'batch.kubernetes.io/job-name': 'j' } },
  status,
});
const container = (state: object) => ({
  containerStatuses: [{ name: 'etcd', image: '', imageID: '', ready: false, restartCount: 0, state }],
});

const cases: readonly (readonly [title: string, V1Job, V1Pod[], verdict: string, message: RegExp])[] = [
  ['it has just been made', job(), [], 'waiting', /^$/],
  [
    'its pod pulls the image',
    job(),
    [pod(container({ waiting: { reason: 'ContainerCreating' } }))],
    'waiting',
    /pod p: ContainerCreating/,
  ],
  ['it ran', job(ended('Complete')), [], 'passed', /^$/],
  [
    'the image cannot be pulled',
    job(),
    [pod(container({ waiting: { reason: 'ImagePullBackOff', message: 'not found' } }))],
    'failed',
    /ImagePullBackOff: not found/,
  ],
  [
    'no node has room',
    job({}, 500),
    [pod({ conditions: [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: 'no cpu' }] })],
    'waiting',
    /Unschedulable: no cpu/,
  ],
  [
    'its pod was evicted, and another one begins',
    job(),
    [pod({ phase: 'Failed', reason: 'Evicted', message: 'low on memory' }), pod(container({ running: {} }))],
    'waiting',
    /Evicted/,
  ],
  ['it did not end', job(ended('Failed', 'DeadlineExceeded')), [], 'expired', /within 10 minutes/],
  [
    'all its pods were evicted',
    job(ended('Failed', 'BackoffLimitExceeded')),
    [pod({ phase: 'Failed', reason: 'Evicted' })],
    'expired',
    /taken away/,
  ],
  [
    'it is no etcd',
    job(ended('Failed')),
    [pod({ phase: 'Failed', ...container({ terminated: { exitCode: 127 } }) })],
    'failed',
    /exit code 127; delete the Job j to try it again/,
  ],
  ['a quota forbids its pod', job({}, 31), [], 'waiting', /the Job j gets no pod: kubectl describe job j/],
];
for (const [title, object, pods, verdict, message] of cases) {
  test(title, (t) => {
    const [seen] = trialsSeen({ jobs: [object], pods }, now);
    t.like(seen, { name: 'j', verdict });
    t.regex(seen?.message ?? '', message);
  });
}

test('the Job runs where the member is, if it can, as members do, and for ten minutes at the most', (t) => {
  const { metadata, spec } = trialJob(names, kvstoreWith(), trial);
  t.is(metadata?.name, trialName(names, kvstoreWith(), trial));
  t.regex(metadata?.name ?? '', /^shop-etcd-image-[0-9a-f]{8}$/);
  const podSpec = spec?.template.spec;
  t.is(podSpec?.containers[0]?.image, trial.image);
  const { nodeAffinity } = podSpec?.affinity ?? {};
  t.is(nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution, undefined, 'that node may be cordoned or full');
  t.like(nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution?.[0]?.preference, {
    matchFields: [{ key: 'metadata.name', operator: 'In', values: ['a'] }],
  });
  t.is(spec?.activeDeadlineSeconds, 600);
  t.like(podSpec?.securityContext, { runAsNonRoot: true });
  t.like(podSpec?.containers[0]?.securityContext, { allowPrivilegeEscalation: false });
});

test('another image or another node is another Job', (t) => {
  const known = new Set(
    [trial, { image: trial.image }, { ...trial, node: 'b' }, { ...trial, image: 'x' }].map((each) =>
      trialName(names, kvstoreWith(), each),
    ),
  );
  t.is(known.size, 4);
});

test('whatever the KvStore changes about the Job is another Job, as a Job cannot be changed', (t) => {
  const plain = kvstoreWith();
  const tolerations = [{ key: 'spot', operator: 'Exists' }];
  const changes = [{}, { tolerations }, { nodeSelector: { disk: 'ssd' } }, { nodeSelector: { disk: 'nvme' } }];
  const jobs = changes.map((change) => trialJob(names, { ...plain, spec: { ...plain.spec, ...change } }, trial));
  t.is(new Set(jobs.map(({ spec }) => JSON.stringify(spec))).size, changes.length);
  t.is(new Set(jobs.map(({ metadata }) => metadata?.name)).size, changes.length);
  t.is(trialJob(names, structuredClone(plain), trial).metadata?.name, jobs[0]?.metadata?.name);
});
