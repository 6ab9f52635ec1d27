/** Notices that a Secret which the service reads at its start has changed, without ever reading what is in it. */
import type { KubernetesObject } from '@kubernetes/client-node';
import { referencedSecrets } from '../desired/service-environment.ts';
import type { KubeClient } from '../kube/kube-client.ts';
import { pathOf, resources } from '../kube/resources.ts';
import type { KvStore } from '../kvstore.ts';

/** No watch reports a Secret: reading each by name needs far less permission than watching them all. */
export const secretPollMs = 60_000;

/** The media type of an object without what is in it. */
export const metadataOnly = 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1';

/** Name and version of every Secret a KvStore refers to, as one text; '' when there are none. */
export async function readSecretVersions(kvstore: KvStore, client: KubeClient): Promise<string> {
  const names = referencedSecrets(kvstore);
  const versions = await Promise.all(names.map((name) => versionOf(client, kvstore.metadata.namespace, name)));
  return names.map((name, i) => `${name}=${versions[i]}`).join(',');
}

async function versionOf(client: KubeClient, namespace: string, name: string): Promise<string> {
  const path = pathOf(resources.secrets, namespace, name);
  const secret = await client.find<KubernetesObject>(path, { accept: metadataOnly });
  return secret?.metadata?.resourceVersion ?? 'missing';
}
