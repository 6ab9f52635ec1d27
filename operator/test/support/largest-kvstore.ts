/** The largest spec that the schema accepts, or nearly: what one tenant can make the operator hold. */

const label = 'v'.repeat(63);
/** A prefix of 253 characters and a name of 63, as long as a name of a label may be. */
const key = (i: number) =>
  `${`${'d'.repeat(63)}.`.repeat(3)}${'d'.repeat(61)}/${String(i).padStart(3, '0')}${'k'.repeat(60)}`;
const keys = (count: number) => Array.from({ length: count }, (_, i) => key(i));
const labels = (count: number) => Object.fromEntries(keys(count).map((name) => [name, label]));
const values = (count: number) =>
  Array.from({ length: count }, (_, i) => `${String(i).padStart(3, '0')}${'v'.repeat(60)}`);
const times = <T>(count: number, item: T): T[] => Array.from({ length: count }, () => item);
const expressions = (count: number, valuesOfEach: number) =>
  keys(count).map((name) => ({ key: name, operator: 'In', values: values(valuesOfEach) }));

const required = 'requiredDuringSchedulingIgnoredDuringExecution';
const preferred = 'preferredDuringSchedulingIgnoredDuringExecution';

export function largestSpec(): object {
  const podTerm = { labelSelector: { matchExpressions: expressions(1, 8) }, topologyKey: key(0) };
  const podAffinity = {
    [required]: times(8, podTerm),
    [preferred]: times(8, { weight: 1, podAffinityTerm: podTerm }),
  };
  const dotted = `${`${'s'.repeat(60)}.`.repeat(4)}s`;
  return {
    image: `registry.test/${'a'.repeat(490)}`,
    env: Array.from({ length: 64 }, (_, i) => ({
      name: `${'N'.repeat(250)}${i}`,
      valueFrom: { secretKeyRef: { name: dotted, key: 'k'.repeat(253) } },
    })),
    ingress: { host: 'large.test', annotations: Object.fromEntries(keys(8).map((name) => [name, 'x'.repeat(1_700)])) },
    clients: times(32, { podSelector: { matchExpressions: expressions(2, 8) } }),
    etcd: {},
    nodeSelector: labels(16),
    tolerations: times(32, { key: key(0), operator: 'Equal', value: label, effect: 'NoSchedule' }),
    affinity: {
      nodeAffinity: { [required]: { nodeSelectorTerms: [{ matchExpressions: expressions(16, 32) }] } },
      podAffinity,
      podAntiAffinity: podAffinity,
    },
  };
}
