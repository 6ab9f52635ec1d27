/** One replica whose clock is wrong, as on a node without a time service. */
import { randomBytes } from 'node:crypto';
import { apply, kubectl } from '../../../e2e/support/kubectl.ts';
import type { KvStoreHandle } from '../../../e2e/support/kvstore.ts';
import { waitFor } from '../../../test-support/wait-for.ts';
import { serviceImage } from './stores.ts';

/** Seconds. Fast, not slow: a slow clock might take certificates of a minute ago for such that are not valid yet. */
export const ahead = 30;

/**
 * No process can have a clock of its own on Linux, so `Date` is moved in each Node process of the pod, also in those that
 * `kubectl exec` starts.
 */
const moveDate = `
const ahead = ${ahead * 1000};
globalThis.Date = new Proxy(Date, {
  construct: (real, given, as) => Reflect.construct(real, given.length === 0 ? [real.now() + ahead] : given, as),
  apply: (real) => new real(real.now() + ahead).toString(),
  get: (real, name) => (name === 'now' ? () => real.now() + ahead : real[name]),
});`;

/** As NODE_OPTIONS has it, in which a space ends an option. */
export const nodeOptions = `--import=data:text/javascript,${encodeURIComponent(moveDate)}`;

const component = 'app.kubernetes.io/component';

/** Why it cannot be played; undefined: it can. */
export async function noAdmissionPolicies(): Promise<string | undefined> {
  const known = await kubectl('api-resources', '--api-group=admissionregistration.k8s.io', '-o', 'name');
  return /^mutatingadmissionpolicies\./m.test(known) ? undefined : 'it needs MutatingAdmissionPolicy (Kubernetes 1.36)';
}

/**
 * Replaces one replica by one whose clock is fast. Those after it have a right clock again, as on other nodes.
 * @returns its pod
 */
export async function startWithWrongClock({ namespace, servicePods }: KvStoreHandle): Promise<string> {
  const policy = `wrong-clock-${randomBytes(3).toString('hex')}`;
  const env = `Object.spec.containers.env{name: "NODE_OPTIONS", value: ${JSON.stringify(nodeOptions)}}`;
  const container = `Object.spec.containers{name: "service", env: [${env}]}`;
  const kind = 'MutatingAdmissionPolicy';
  const apiVersion = 'admissionregistration.k8s.io/v1';
  const metadata = { name: policy };
  const matchLabels = { 'kubernetes.io/metadata.name': namespace };
  const pods = { apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'] };
  const before = new Set((await servicePods()).map(({ name }) => name));
  try {
    await apply({
      ...{ apiVersion, kind, metadata },
      spec: {
        failurePolicy: 'Fail',
        reinvocationPolicy: 'Never',
        matchConstraints: {
          namespaceSelector: { matchLabels },
          objectSelector: { matchLabels: { [component]: 'service' } },
          resourceRules: [pods],
        },
        mutations: [
          {
            patchType: 'ApplyConfiguration',
            applyConfiguration: { expression: `Object{spec: Object.spec{containers: [${container}]}}` },
          },
        ],
      },
    });
    await apply({ apiVersion, kind: `${kind}Binding`, metadata, spec: { policyName: policy } });
    await waitFor('the API server applies the policy', () => isApplied(namespace), { interval: 500 });
    const [first = ''] = before;
    await kubectl('delete', 'pod', first, '-n', namespace, '--wait=false');
    const { name } = await waitFor('another replica is ready', async () =>
      (await servicePods()).find((pod) => pod.ready && !before.has(pod.name)),
    );
    return name;
  } finally {
    await kubectl('delete', kind, `${kind}Binding`, policy, '--ignore-not-found').catch(() => undefined);
  }
}

/** Whether a pod that would be made now gets it. None is made. */
async function isApplied(namespace: string): Promise<boolean> {
  const pod = 'is-the-clock-wrong';
  const restricted = { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] }, runAsNonRoot: true };
  const made = await kubectl(
    ...['run', pod, '-n', namespace, `--image=${serviceImage}`, `--labels=${component}=service`, '--dry-run=server'],
    `--overrides=${JSON.stringify({
      spec: {
        containers: [
          {
            name: 'service',
            image: serviceImage,
            securityContext: { ...restricted, seccompProfile: { type: 'RuntimeDefault' } },
          },
        ],
      },
    })}`,
    ...['-o', 'json'],
  );
  return made.includes('NODE_OPTIONS');
}
