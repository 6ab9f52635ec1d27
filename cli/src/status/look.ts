/** How a store is, from what one replica of it answers: readiness, one read, and its metrics. */
import { type Answer, Client, withQuery } from '../client/client.ts';
import { ConnectionError, NotAKvStoreError, OtherStoreError, ServerError } from '../client/server-error.ts';
import { isTexts } from '../client/shapes.ts';
import type { Clock } from '../clock.ts';
import { versionOf } from '../pairs/pair-text.ts';
import { metricLabel, metricSum, metricValue } from './metrics-text.ts';

export interface Status {
  /** Undefined: unknown, since /readyz is not the store's here, as behind an Ingress. */
  readonly ready: boolean | undefined;
  /** Why it is not ready, or why that is unknown. */
  readonly problem?: string;
  readonly read: Read;
  /** What the metrics say; undefined where they cannot be had. */
  readonly process?: Process;
  /** Reads of the disk that met damage; undefined: unknown, without metrics. */
  readonly damage: number | undefined;
  /** Whether the data folder is gone; undefined: unknown, without metrics. */
  readonly folderLost: boolean | undefined;
}

/** One linearizable read, which asks etcd where there is one. */
export type Read =
  | { readonly ok: true; readonly milliseconds: number; readonly version: string | undefined }
  | { readonly ok: false; readonly error: Error };

export interface Process {
  readonly mode: 'embedded' | 'etcd';
  readonly version: string | undefined;
  readonly pairs: number | undefined;
  /** Revisions that the index is behind etcd; undefined for an embedded store. */
  readonly behind: number | undefined;
  /** Unix milliseconds of its start. */
  readonly startedAt: number | undefined;
}

export interface Looks {
  readonly client: Client;
  readonly metrics: Client;
  readonly clock: Clock;
}

/** Milliseconds in which something must arrive: who is on call does not wait for longer. */
export const lookTimeout = 5_000;

/** A client that tries once and soon gives up. @param url another address, for metrics on a port of their own */
export function impatient({ options }: Client, url = options.url): Client {
  return new Client({ ...options, url, idleTimeout: lookTimeout, retryTime: 0 });
}

/**
 * Where only the API is served, one read decides whether a KvStore is there.
 * @throws ConnectionError when nothing answers, NotAKvStoreError and OtherStoreError when neither answer is the store's
 */
export async function look({ client, metrics, clock }: Looks): Promise<Status> {
  const { ready, problem } = await readiness(client);
  const [read, text] = await Promise.all([oneRead(client, clock), metricsText(metrics)]);
  return {
    ready,
    ...(problem === undefined ? {} : { problem }),
    read,
    ...(text === undefined ? {} : { process: processOf(text) }),
    damage: text === undefined ? undefined : metricSum(text, 'kvstore_data_damage_total'),
    folderLost: text === undefined ? undefined : metricValue(text, 'kvstore_data_folder_lost') === 1,
  };
}

const notServed = { ready: undefined, problem: '/readyz is not served here' } as const;

async function readiness(client: Client): Promise<Pick<Status, 'ready' | 'problem'>> {
  try {
    const answer = await client.send({ method: 'GET', target: '/readyz', form: 'probe' });
    if (!isOk(answer)) throw new NotAKvStoreError(client.options.url.href, 'its /readyz says something else');
    return { ready: true };
  } catch (error) {
    if (isNotServed(error)) return notServed;
    if (error instanceof ServerError) return { ready: false, problem: error.message };
    throw error;
  }
}

/**
 * Whether something in front of the store answers in its place because it does not hand this path on. A proxy's 5xx is
 * another matter: its way to the store is missing.
 */
function isNotServed(error: unknown): boolean {
  if (error instanceof ServerError) return error.code === undefined && error.status < 500;
  return error instanceof NotAKvStoreError || (error instanceof OtherStoreError && error.isNoStore);
}

/** A login page answers 200 as well. */
function isOk({ body }: Answer): boolean {
  try {
    return (JSON.parse(body) as { status?: unknown }).status === 'ok';
  } catch {
    return false;
  }
}

async function oneRead(client: Client, clock: Clock): Promise<Read> {
  const startedAt = clock.now();
  try {
    const target = withQuery('/search', { prefix: '', limit: '1' });
    const { headers } = await client.send({ method: 'GET', target, shape: isTexts });
    return { ok: true, milliseconds: clock.now() - startedAt, version: versionOf(headers) };
  } catch (error) {
    if (error instanceof ServerError || error instanceof ConnectionError) return { ok: false, error };
    throw error;
  }
}

/** Undefined where they are not served, as behind an Ingress. */
async function metricsText(client: Client): Promise<string | undefined> {
  try {
    const { body } = await client.send({ method: 'GET', target: '/metrics', form: 'metrics' });
    return body.includes('kvstore_build_info{') ? body : undefined;
  } catch (error) {
    if (isNotServed(error) || error instanceof ServerError || error instanceof ConnectionError) return undefined;
    throw error;
  }
}

function processOf(text: string): Process {
  const behind = metricValue(text, 'kvstore_index_lag_revisions');
  const startedAt = metricValue(text, 'process_start_time_seconds');
  return {
    mode: behind === undefined ? 'embedded' : 'etcd',
    version: metricLabel(text, 'kvstore_build_info', 'version'),
    pairs: metricValue(text, 'kvstore_keys'),
    behind,
    startedAt: startedAt === undefined ? undefined : startedAt * 1000,
  };
}
