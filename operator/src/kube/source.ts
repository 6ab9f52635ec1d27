/**
 * Keeps an ObjectCache equal to the API server: list, then watch, for ever. Any failure is waited out with backoff and
 * the watch resumed; an expired history (410) and every resync period list anew, so nothing stays missed.
 */
import type { KubernetesObject } from '@kubernetes/client-node';
import type { Logger } from 'pino';
import { type Clock, sleep } from '../clock.ts';
import { backoffMs } from '../control/backoff.ts';
import type { KubeClient, WatchEvent } from './kube-client.ts';
import { hasStatus, KubeError } from './kube-error.ts';
import { keyOf, type ObjectCache } from './object-cache.ts';
import { pathOf, type Resource } from './resources.ts';

export interface SourceOptions<T extends KubernetesObject> {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly log: Logger;
  readonly resource: Resource;
  readonly cache: ObjectCache<T>;
  /** All namespaces when there is none. */
  readonly namespace?: string;
  readonly labelSelector?: string;
  /** True: the kind need not be installed; while it is not, there are no objects. */
  readonly optional?: boolean;
  /** Milliseconds between full lists. */
  readonly resyncMs: number;
  /** Milliseconds without even a bookmark (the server sends one about every minute) after which a watch counts as dead. */
  readonly silenceMs: number;
  /** An object was added, changed or removed. */
  readonly onChange: (object: T) => void;
  readonly onRestart: (resource: Resource) => void;
}

/** A page is in memory as text and as objects at once; a KvStore and its managedFields may have some hundred KiB. */
const pageSize = '50';
const shortestWatchMs = 1_000;
const backoff = { baseMs: 500, maxMs: 30_000, random: Math.random };

export class Source<T extends KubernetesObject> {
  readonly #options: SourceOptions<T>;
  readonly #synced = Promise.withResolvers<void>();
  #listedAt = 0;
  #hasSynced = false;
  #failures = 0;
  /** What the cache shows; undefined when only a list can tell. */
  #version: string | undefined;
  #isInstalled = false;

  constructor(options: SourceOptions<T>) {
    this.#options = options;
  }

  /** Resolves once the cache was filled for the first time. */
  get synced(): Promise<void> {
    return this.#synced.promise;
  }

  get hasSynced(): boolean {
    return this.#hasSynced;
  }

  /** Whether the API server knew the kind at the last list. */
  get isInstalled(): boolean {
    return this.#isInstalled;
  }

  /** Resolves, never rejects, once the signal is aborted. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, log, resource, resyncMs } = this.#options;
    while (!signal.aborted) {
      try {
        if (this.#version === undefined || clock.now() - this.#listedAt >= resyncMs) await this.#list(signal);
        const startedAt = clock.now();
        if (this.#isInstalled) await this.#watch(signal);
        else await sleep(clock, resyncMs, signal);
        // A server, or a proxy before it, that ends every watch at once must not be asked without pause.
        await sleep(clock, shortestWatchMs - (clock.now() - startedAt), signal);
      } catch (error) {
        if (signal.aborted) return;
        this.#failures += 1;
        this.#options.onRestart(resource);
        if (hasStatus(error, 404, 410)) this.#version = undefined;
        log.warn({ err: error, resource: resource.plural, failures: this.#failures }, 'watch interrupted');
        await sleep(clock, backoffMs(this.#failures, backoff), signal);
      }
    }
  }

  /** Lists everything, in pages of one moment. A kind that is not installed has no objects and no version. */
  async #list(signal: AbortSignal): Promise<void> {
    const { client, clock, resource, namespace, cache, onChange, optional } = this.#options;
    const seen = new Set<string>();
    let version = '';
    let next = '';
    try {
      do {
        const query = { ...this.#selector(), limit: pageSize, ...(next === '' ? {} : { continue: next }) };
        const page = await client.request<ListPage<T>>('GET', pathOf(resource, namespace), { query, signal });
        for (const item of page.items) {
          const object = this.#whole(item);
          seen.add(keyOf(object));
          if (cache.put(object)) onChange(object);
        }
        version = page.metadata.resourceVersion;
        next = page.metadata.continue ?? '';
      } while (next !== '');
    } catch (error) {
      if (!(optional === true && hasStatus(error, 404))) throw error;
    }
    for (const object of [...cache.values()]) {
      const ours = namespace === undefined || object.metadata?.namespace === namespace;
      // An object written while the list was under way is newer than the list, and the watch is about to report it.
      if (ours && !seen.has(keyOf(object)) && !isAfter(object, version) && cache.remove(object)) onChange(object);
    }
    this.#listedAt = clock.now();
    this.#isInstalled = version !== '';
    this.#hasSynced = true;
    this.#version = version;
    this.#synced.resolve();
  }

  /** Follows the changes until the server ends the watch. */
  async #watch(signal: AbortSignal): Promise<void> {
    const { client, clock, resource, namespace, resyncMs, silenceMs } = this.#options;
    const seconds = Math.max(1, Math.ceil((resyncMs - (clock.now() - this.#listedAt)) / 1000));
    const query = {
      ...this.#selector(),
      resourceVersion: this.#version ?? '',
      allowWatchBookmarks: 'true',
      timeoutSeconds: String(seconds),
    };
    for await (const event of client.watch(pathOf(resource, namespace), query, silenceMs, signal)) {
      this.#version = this.#take(event) ?? this.#version;
      this.#failures = 0;
    }
  }

  #take({ type, object }: WatchEvent): string | undefined {
    if (type === 'ERROR') {
      const status = object as { code?: number; reason?: string; message?: string };
      throw new KubeError(status.code ?? 500, status.reason ?? 'Unknown', `watch: ${status.message}`);
    }
    const { cache, onChange } = this.#options;
    const item = object as T;
    if (type === 'DELETED') {
      if (cache.remove(item)) onChange(item);
    } else if (type !== 'BOOKMARK') {
      const whole = this.#whole(item);
      if (cache.put(whole)) onChange(whole);
    }
    return item.metadata?.resourceVersion;
  }

  #selector(): Record<string, string> {
    const { labelSelector } = this.#options;
    return labelSelector === undefined ? {} : { labelSelector };
  }

  /** A list's items do not say what they are. */
  #whole(item: T): T {
    const { apiVersion, kind } = this.#options.resource;
    return { ...item, apiVersion, kind };
  }
}

interface ListPage<T> {
  readonly metadata: { readonly resourceVersion: string; readonly continue?: string };
  readonly items: readonly T[];
}

function isAfter(object: KubernetesObject, version: string): boolean {
  return version !== '' && BigInt(object.metadata?.resourceVersion ?? 0) > BigInt(version);
}
