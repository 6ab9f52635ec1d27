/** What a client does with a service process, over HTTP. */

/** Where a service answers. */
export interface Target {
  readonly url: string;
}

export interface Call {
  /** Values by key to set; or else keys to read, in one request. */
  readonly set?: Readonly<Record<string, string>>;
  /** Seconds after which they are gone. */
  readonly ttl?: number;
  readonly get?: readonly string[];
  /** Keys to delete, in one request. */
  readonly remove?: readonly string[];
  /** Sets only what is not there, or only while the entity tag fits. */
  readonly condition?: { readonly absent: true } | { readonly tag: string };
  /** Or else a prefix of keys to search for. */
  readonly search?: string;
  /** Read without the barrier. */
  readonly stale?: boolean;
}

export interface Answer {
  /** JSON texts; null: no such key. */
  readonly values?: readonly (string | null)[];
  /** Of the key that was read, or of the pairs that were set. */
  readonly tag?: string;
  /** What the search found. */
  readonly keys?: readonly string[];
  /** The code of a problem; `unavailable` also when nobody listens; `lost` when the connection ended. */
  readonly error?: string;
}

/** Never rejects: an error is part of the answer. */
export async function call(service: Target, wanted: Call): Promise<Answer> {
  const { set, ttl, get = [], search, remove, condition, stale = false } = wanted;
  try {
    if (set !== undefined || remove !== undefined) {
      const [path, body] = set === undefined ? ['delete', remove] : [ttl === undefined ? 'set' : `set?ttl=${ttl}`, set];
      const headers = headersFor(condition);
      const response = await fetch(`${service.url}/${path}`, { method: 'POST', body: JSON.stringify(body), headers });
      if (!response.ok) return { error: await codeOf(response) };
      await response.text();
      return { tag: response.headers.get('etag') ?? '' };
    }
    const consistency = stale ? 'consistency=stale' : '';
    if (search !== undefined) {
      const response = await fetch(`${service.url}/search?prefix=${encodeURIComponent(search)}&${consistency}`);
      if (!response.ok) return { error: await codeOf(response) };
      return { keys: (await response.json()) as string[] };
    }
    const [first = ''] = get;
    if (get.length === 1) {
      const response = await fetch(`${service.url}/get/${encodeURIComponent(first)}?${consistency}`);
      if (response.ok) return { values: [await response.text()], tag: response.headers.get('etag') ?? '' };
      const error = await codeOf(response);
      return error === 'key-not-found' ? { values: [null] } : { error };
    }
    // Keys of a group follow each other: one page from before the first holds them all.
    const after = encodeURIComponent(first.slice(0, -1));
    const response = await fetch(`${service.url}/?after=${after}&limit=${get.length}&${consistency}`);
    if (!response.ok) return { error: await codeOf(response) };
    const pairs = (await response.json()) as Record<string, unknown>;
    return { values: get.map((key) => (key in pairs ? JSON.stringify(pairs[key]) : null)) };
  } catch (error) {
    return { error: /ECONNREFUSED/.test(String((error as Error).cause)) ? 'unavailable' : 'lost' };
  }
}

function headersFor(condition: Call['condition']): Record<string, string> {
  if (condition === undefined) return {};
  return 'tag' in condition ? { 'If-Match': condition.tag } : { 'If-None-Match': '*' };
}

async function codeOf(response: Response): Promise<string> {
  const problem = (await response.json()) as { code?: string };
  return problem.code ?? `status ${response.status}`;
}
