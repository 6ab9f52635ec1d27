/** Requests of every kind, right and wrong, until it is stopped. */

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
