/**
 * A volume that can be filled and that can grow: a tmpfs of the node, of which the kubelet reports the free space. This
 * process does what the driver of a storage class does when a claim asks for more.
 */
import { apply, kubectl } from '../../../e2e/support/kubectl.ts';
import { onNode } from '../../../e2e/support/on-node.ts';
import { bytesOf } from '../../../operator/src/etcd/quantity.ts';

/** etcd's log takes half of it. */
export const volumeSize = '256Mi';

/** The name of the storage class, of its one volume and of the folder on the node. */
export const classNameOf = (scenario: string) => `gameday-${scenario}`;

const folderOf = (scenario: string) => `/var/tmp/${classNameOf(scenario)}`;

/** Replaces what an interrupted game day has left. @returns removes it all */
export async function makeVolume(scenario: string): Promise<() => Promise<void>> {
  const name = classNameOf(scenario);
  const folder = folderOf(scenario);
  const remove = async () => {
    const waits = ['--ignore-not-found', '--wait=false'];
    // A volume that is in use goes when its claim is gone.
    await kubectl('delete', 'persistentvolume', name, ...waits);
    await kubectl('delete', 'storageclass', name, ...waits);
    await onNode('sh', '-c', 'if mountpoint -q "$1"; then umount -l "$1"; fi; rm -rf "$1"', 'remove', folder);
  };
  await remove();
  await kubectl('wait', 'persistentvolume', name, '--for=delete', '--timeout=60s').catch(() => undefined);
  try {
    await make(name, folder);
    return remove;
  } catch (error) {
    await remove();
    throw error;
  }
}

async function make(name: string, folder: string): Promise<void> {
  const mount = 'mkdir -p "$1" && mount -t tmpfs -o "size=$2,mode=0777" tmpfs "$1"';
  await onNode('sh', '-c', mount, 'mount', folder, String(bytesOf(volumeSize)));
  const node = await kubectl('get', 'nodes', '-o', 'jsonpath={.items[0].metadata.name}');
  const hostname = { key: 'kubernetes.io/hostname', operator: 'In', values: [node] };
  await apply({
    apiVersion: 'storage.k8s.io/v1',
    kind: 'StorageClass',
    metadata: { name },
    provisioner: 'kubernetes.io/no-provisioner',
    volumeBindingMode: 'WaitForFirstConsumer',
    allowVolumeExpansion: true,
  });
  await apply({
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name },
    spec: {
      capacity: { storage: volumeSize },
      accessModes: ['ReadWriteOnce'],
      persistentVolumeReclaimPolicy: 'Retain',
      storageClassName: name,
      local: { path: folder },
      nodeAffinity: { required: { nodeSelectorTerms: [{ matchExpressions: [hostname] }] } },
    },
  });
}

/** Writes a file beside etcd's own that leaves so many KiB. */
export async function fillVolume(scenario: string, left: number): Promise<void> {
  // dd ends with an error where the volume is full before: nothing is to be left then.
  const fill = `
set -- "$1" "$2" $(df -Pk "$1" | tail -n 1)
dd if=/dev/zero of="$1/left-by-somebody" bs=1024 count=$(($6 - $2)) 2>/dev/null || [ "$2" = 0 ]`;
  await onNode('sh', '-c', fill, 'fill', folderOf(scenario), String(left));
}

interface Claim {
  readonly spec: { readonly resources: { readonly requests: { readonly storage: string } } };
  readonly status: { readonly capacity?: { readonly storage: string } };
}

/** Makes the volume as large as its claim asks for, once it asks for more. Does nothing when it has been done. */
export async function growVolume(scenario: string, namespace: string, claim: string): Promise<void> {
  const { spec, status } = JSON.parse(await kubectl('get', 'pvc', claim, '-n', namespace, '-o', 'json')) as Claim;
  const { storage } = spec.resources.requests;
  if (status.capacity === undefined || bytesOf(storage) <= bytesOf(status.capacity.storage)) return;
  await onNode('mount', '-o', `remount,size=${bytesOf(storage)}`, folderOf(scenario));
  const capacity = { capacity: { storage } };
  // The claim first: a volume that is larger than its claim is one whose file system the kubelet has to grow.
  await kubectl(
    'patch',
    'pvc',
    claim,
    '-n',
    namespace,
    '--subresource=status',
    '-p',
    JSON.stringify({ status: capacity }),
  );
  await kubectl('patch', 'persistentvolume', classNameOf(scenario), '-p', JSON.stringify({ spec: capacity }));
}
