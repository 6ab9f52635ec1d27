/** One request, and what its answer says of what happened. */

export interface Outcome {
  /**
   * `done`; `missing`: no such key; `refused`: nothing was written, or nothing read; `unknown`: a write may have happened.
   */
  readonly outcome: 'done' | 'missing' | 'refused' | 'unknown';
  readonly text: string;
  readonly etag: string;
}

/** Problems of writes which say that nothing was written. */
const refusals = ['unavailable', 'overloaded', 'storage-full', 'precondition-failed'];

/** Never rejects: an error is part of the answer. */
export async function ask(url: string, path: string, init: RequestInit = {}): Promise<Outcome> {
  try {
    const response = await fetch(url + path, init);
    const text = await response.text();
    const etag = response.headers.get('etag') ?? '';
    if (response.ok) return { outcome: 'done', text, etag };
    const { code = '' } = JSON.parse(text) as { readonly code?: string };
    if (code === 'key-not-found') return { outcome: 'missing', text, etag };
    return { outcome: refusals.includes(code) ? 'refused' : 'unknown', text, etag };
  } catch {
    return { outcome: 'unknown', text: '', etag: '' };
  }
}
