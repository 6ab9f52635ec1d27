/** What every pod of a KvStore runs with: the strictest pod security standard (kubernetes.io/docs/concepts/security/pod-security-standards). */
import type { V1PodSecurityContext, V1SecurityContext } from '@kubernetes/client-node';

/** User 1000, whose group may use the volumes. */
export function restrictedPod(): V1PodSecurityContext {
  return {
    runAsNonRoot: true,
    runAsUser: 1000,
    runAsGroup: 1000,
    fsGroup: 1000,
    seccompProfile: { type: 'RuntimeDefault' },
  };
}

export function restrictedContainer(): V1SecurityContext {
  return {
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ['ALL'] },
  };
}
