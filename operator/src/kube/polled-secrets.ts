/** Secrets that are read by name now and then: a watch of them would need the right to list them all. */
import type { V1Secret } from '@kubernetes/client-node';
import type { Clock } from '../clock.ts';
import type { KubeClient } from './kube-client.ts';
import type { ObjectCache } from './object-cache.ts';
import { pathOf, resources } from './resources.ts';

export interface PolledSecretsOptions {
  readonly client: KubeClient;
  readonly cache: ObjectCache<V1Secret>;
  readonly clock: Clock;
  /** Milliseconds after which a Secret is read again. */
  readonly pollMs: number;
}

export class PolledSecrets {
  readonly #options: PolledSecretsOptions;
  /** By namespace/name. */
  readonly #readAt = new Map<string, number>();

  constructor(options: PolledSecretsOptions) {
    this.#options = options;
  }

  /**
   * Those of the named Secrets that exist, whatever their owner.
   * @param maxAgeMs what was read longer ago is read again
   */
  async read(namespace: string, names: readonly string[], maxAgeMs = this.#options.pollMs): Promise<V1Secret[]> {
    const found = await Promise.all(names.map((name) => this.#read(namespace, name, maxAgeMs)));
    return found.filter((secret) => secret !== undefined);
  }

  /** The next read asks the API server. */
  expire(namespace: string, names: readonly string[]): void {
    for (const name of names) this.#readAt.delete(`${namespace}/${name}`);
  }

  /** As expire, and what was read is not kept. */
  forget(namespace: string, names: readonly string[]): void {
    const { cache } = this.#options;
    this.expire(namespace, names);
    for (const name of names) {
      const known = cache.get(namespace, name);
      if (known !== undefined) cache.remove(known);
    }
  }

  async #read(namespace: string, name: string, maxAgeMs: number): Promise<V1Secret | undefined> {
    const { client, cache, clock } = this.#options;
    const key = `${namespace}/${name}`;
    const readAt = this.#readAt.get(key);
    const known = cache.get(namespace, name);
    if (readAt !== undefined && clock.now() - readAt < maxAgeMs) return known;
    const secret = await client.find<V1Secret>(pathOf(resources.secrets, namespace, name));
    if (secret !== undefined) cache.put(secret);
    else if (known !== undefined) cache.remove(known);
    this.#readAt.set(key, clock.now());
    return secret;
  }
}
