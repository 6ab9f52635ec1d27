import { dumpYaml } from '@kubernetes/client-node';

export function dumpRules(value: object): string {
  return dumpYaml(value, { lineWidth: -1, noRefs: true });
}
