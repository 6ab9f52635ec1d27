/** Requests of every kind, right and wrong, until it is stopped. */
import { waitFor } from '../../../test-support/wait-for.ts';

type Request = readonly [path: string, init?: RequestInit];

const post = (body: string): RequestInit => ({ method: 'POST', body });
/** Callers wait a moment between rounds: the machine has other things to do. */
const pauseMs = 100;

function round(n: number): readonly Request[] {
  const key = `key-${n % 50}`;
  return [
    ['/set', post(JSON.stringify({ [key]: n, [`other-${n % 50}`]: 'text' }))],
    ['/set', post(JSON.stringify({ [`more-${n % 20}`]: { n } }))],
    [`/get/${key}`],
    [`/get/${key}`, { method: 'HEAD' }],
    [`/get/${key}?consistency=stale`],
    // So many that a lease is worth having, and is taken again after it has ended.
    ...Array.from({ length: 16 }, (_, i): Request => [`/get/more-${i}`]),
    ['/search?prefix=key-'],
    ['/search?suffix=-1'],
    ['/'],
    ['/readyz'],
    ['/livez'],
    // Each wrong in its own way.
    ['/get/never-set'],
    ['/get/%AF'],
    ['/search'],
    ['/set', post('{')],
    ['/set', post(JSON.stringify({ ['x'.repeat(2000)]: 1 }))],
    ['/set', { method: 'PUT', body: '{}' }],
    [`/unknown-${n}`],
  ];
}

/** Reads until the service reads by lease: while nothing is written, that is within a second. */
export async function takeLease(url: string): Promise<void> {
  await waitFor(`${url} reads by lease`, async () => {
    await Promise.all(Array.from({ length: 50 }, (_, i) => call(`${url}/get/key-${i}`)));
    return /^kvstore_lease_held 1$/m.test(await (await fetch(`${url}/metrics`)).text());
  });
}

/** Resolves the function that stops it once everything under way has ended. */
export function startTraffic(urls: readonly string[]): () => Promise<void> {
  const stop = new AbortController();
  const callers = urls.map(async (url) => {
    for (let n = 0; !stop.signal.aborted; n++) {
      await Promise.all(round(n).map(([path, init]) => call(url + path, init)));
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  });
  return async () => {
    stop.abort();
    await Promise.all(callers);
  };
}

/** How it ends does not matter here: the metrics tell. */
async function call(url: string, init: RequestInit = {}): Promise<void> {
  try {
    await (await fetch(url, { ...init, signal: AbortSignal.timeout(5000) })).arrayBuffer();
  } catch {
    // A process that was stopped, or a deadline.
  }
}
