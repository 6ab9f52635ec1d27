/** What a client does with a service process, over HTTP. */
import type { ServiceProcess } from '../service-process.ts';

export interface Call {
  /** Values by key to set; or else keys to read, in one request. */
  readonly set?: Readonly<Record<string, string>>;
  readonly get?: readonly string[];
  /** Read without the barrier. */
  readonly stale?: boolean;
}

export interface Answer {
  /** JSON texts; null: no such key. */
  readonly values?: readonly (string | null)[];
  /** The code of a problem; `unavailable` also when nobody listens; `lost` when the connection ended. */
  readonly error?: string;
}

/** Never rejects: an error is part of the answer. */
export async function call(service: ServiceProcess, { set, get = [], stale = false }: Call): Promise<Answer> {
  try {
    if (set !== undefined) {
      const response = await fetch(`${service.url}/set`, { method: 'POST', body: JSON.stringify(set) });
      if (!response.ok) return { error: await codeOf(response) };
      await response.text();
      return {};
    }
    const consistency = stale ? 'consistency=stale' : '';
    const [first = ''] = get;
    if (get.length === 1) {
      const response = await fetch(`${service.url}/get/${encodeURIComponent(first)}?${consistency}`);
      if (response.ok) return { values: [await response.text()] };
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

async function codeOf(response: Response): Promise<string> {
  const problem = (await response.json()) as { code?: string };
  return problem.code ?? `status ${response.status}`;
}
