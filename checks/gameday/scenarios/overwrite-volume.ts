/** Damages a volume beyond use, as a broken disk does. */
import { apply, kubectl } from '../../../e2e/support/kubectl.ts';
import { serviceImage } from './stores.ts';

/** Every file of the volume keeps its name and its size, and holds something else. */
const script = `
const fs = require('fs');
const path = require('path');
for (const entry of fs.readdirSync('/volume', { recursive: true, withFileTypes: true })) {
  if (!entry.isFile()) continue;
  const file = path.join(entry.parentPath, entry.name);
  const size = Math.min(fs.statSync(file).size, 1 << 20);
  const open = fs.openSync(file, 'r+');
  fs.writeSync(open, Buffer.alloc(size, 'damaged '), 0, size, 0);
  fs.closeSync(open);
}`;

/** Runs a pod on the claim that is in use, and waits until it is done. */
export async function overwriteVolume(namespace: string, volumeClaim: string): Promise<void> {
  const name = 'damages-a-volume';
  const securityContext = {
    ...{ runAsNonRoot: true, runAsUser: 1000, runAsGroup: 1000, fsGroup: 1000 },
    seccompProfile: { type: 'RuntimeDefault' },
  };
  await apply({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace },
    spec: {
      restartPolicy: 'Never',
      automountServiceAccountToken: false,
      securityContext,
      containers: [
        {
          name: 'node',
          image: serviceImage,
          imagePullPolicy: 'IfNotPresent',
          command: ['node', '-e', script],
          securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
          volumeMounts: [{ name: 'volume', mountPath: '/volume' }],
        },
      ],
      volumes: [{ name: 'volume', persistentVolumeClaim: { claimName: volumeClaim } }],
    },
  });
  await kubectl('wait', `pod/${name}`, '-n', namespace, '--for=jsonpath={.status.phase}=Succeeded', '--timeout=120s');
  await kubectl('delete', 'pod', name, '-n', namespace, '--wait=false');
}
