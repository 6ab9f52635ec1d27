/** What a client does with a service process, over HTTP. */
import { Agent, type IncomingHttpHeaders, request } from 'node:http';

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
  /** Reads one key with If-None-Match. */
  readonly noneMatch?: string;
  /** Keys to delete, in one request. */
  readonly remove?: readonly string[];
  /** Or else keys to increment by 1, in one request. */
  readonly increment?: readonly string[];
  /** Writes by POST /transaction: then a tag is that of each key. */
  readonly transaction?: boolean;
  /** Sets only what is not there, or sets or deletes one key only while the entity tag fits. */
  readonly condition?: { readonly absent: true } | { readonly tag: string };
  /** Or else a prefix of keys to search for. */
  readonly search?: string;
  /** Reads the keys of `get` from a dump of all pairs with this prefix. */
  readonly dump?: string;
  /** Read without the barrier. */
  readonly stale?: boolean;
}

export interface Answer {
  /** JSON texts; null: no such key. */
  readonly values?: readonly (string | null)[];
  /** The key that was read has the entity tag of `noneMatch` still. */
  readonly unmodified?: boolean;
  /** Of the key that was read, or of the pairs that were set. */
  readonly tag?: string;
  /** What the search found. */
  readonly keys?: readonly string[];
  /** The code of a problem; `unavailable` also when no process listens; `lost` when the connection ended. */
  readonly error?: string;
}

export interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

interface Asked {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

const agent = new Agent({ keepAlive: true });

/** Never rejects: an error is part of the answer. */
export async function call(service: Target, wanted: Call): Promise<Answer> {
  try {
    if (wanted.increment !== undefined) return await increment(service, wanted.increment);
    if (wanted.transaction === true) return await transact(service, wanted);
    if (wanted.set !== undefined || wanted.remove !== undefined) return await write(service, wanted);
    if (wanted.search !== undefined) return await search(service, wanted.search, wanted);
    if (wanted.dump !== undefined) return await dump(service, wanted.dump, wanted);
    return await read(service, wanted);
  } catch (error) {
    return { error: (error as NodeJS.ErrnoException).code === 'ECONNREFUSED' ? 'unavailable' : 'lost' };
  }
}

/** The whole answer, whatever its status. Rejects when the connection fails or ends early. */
export function exchange(url: string, { method = 'GET', headers = {}, body }: Asked = {}): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const length = body === undefined ? {} : { 'Content-Length': Buffer.byteLength(body) };
    const outgoing = request(url, { agent, method, headers: { ...headers, ...length } }, (answer) => {
      let text = '';
      answer.setEncoding('utf8');
      answer.on('data', (chunk: string) => {
        text += chunk;
      });
      answer.on('error', reject);
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text }));
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

async function write({ url }: Target, { set, ttl, remove = [], condition }: Call): Promise<Answer> {
  const headers = headersFor(condition);
  const [first = ''] = remove;
  const conditional = set === undefined && condition !== undefined;
  const reply = conditional
    ? await exchange(`${url}/get/${encodeURIComponent(first)}`, { method: 'DELETE', headers })
    : await exchange(`${url}/${set === undefined ? 'delete' : ttl === undefined ? 'set' : `set?ttl=${ttl}`}`, {
        method: 'POST',
        body: JSON.stringify(set ?? remove),
        headers,
      });
  if (!succeeded(reply)) return { error: codeOf(reply) };
  return { tag: reply.headers.etag ?? '' };
}

async function transact({ url }: Target, { set, ttl, remove, condition }: Call): Promise<Answer> {
  const keys = [...Object.keys(set ?? {}), ...(remove ?? [])];
  const wanted = condition === undefined ? undefined : 'tag' in condition ? condition.tag : null;
  const body = JSON.stringify({
    ...(wanted === undefined ? {} : { if: Object.fromEntries(keys.map((key) => [key, wanted])) }),
    ...{ set, ttl, delete: remove },
  });
  const reply = await exchange(`${url}/transaction`, { method: 'POST', body });
  return succeeded(reply) ? { tag: reply.headers.etag ?? '' } : { error: codeOf(reply) };
}

async function increment({ url }: Target, keys: readonly string[]): Promise<Answer> {
  const body = JSON.stringify(Object.fromEntries(keys.map((key) => [key, 1])));
  const reply = await exchange(`${url}/increment`, { method: 'POST', body });
  if (!succeeded(reply)) return { error: codeOf(reply) };
  const sums = JSON.parse(reply.text) as Record<string, number>;
  return { values: keys.map((key) => String(sums[key])), tag: reply.headers.etag ?? '' };
}

async function search({ url }: Target, prefix: string, { stale }: Call): Promise<Answer> {
  const reply = await exchange(`${url}/search?prefix=${encodeURIComponent(prefix)}&${consistency(stale)}`);
  return succeeded(reply) ? { keys: JSON.parse(reply.text) as string[] } : { error: codeOf(reply) };
}

async function dump({ url }: Target, prefix: string, { get = [], stale }: Call): Promise<Answer> {
  const reply = await exchange(`${url}/?prefix=${encodeURIComponent(prefix)}&${consistency(stale)}`);
  return succeeded(reply) ? { values: valuesOf(reply, get) } : { error: codeOf(reply) };
}

async function read({ url }: Target, { get = [], noneMatch, stale }: Call): Promise<Answer> {
  const [first = ''] = get;
  if (get.length === 1) {
    const headers: Asked['headers'] = noneMatch === undefined ? {} : { 'If-None-Match': noneMatch };
    const wait = noneMatch !== undefined && conditionalReads++ % 2 === 0 ? '&wait=1' : '';
    const reply = await exchange(`${url}/get/${encodeURIComponent(first)}?${consistency(stale)}${wait}`, { headers });
    const tag = reply.headers.etag ?? '';
    if (reply.status === 304) return { unmodified: true, tag };
    if (succeeded(reply)) return { values: [reply.text], tag };
    const error = codeOf(reply);
    return error === 'key-not-found' ? { values: [null] } : { error };
  }
  const reply = await readMany(url, get, consistency(stale));
  if (!succeeded(reply)) return { error: codeOf(reply) };
  return { values: valuesOf(reply, get) };
}

function valuesOf({ text }: Reply, keys: readonly string[]): (string | null)[] {
  const pairs = JSON.parse(text) as Record<string, unknown>;
  return keys.map((key) => (key in pairs ? JSON.stringify(pairs[key]) : null));
}

/** Every other one waits until its key is not what the client knows. */
let conditionalReads = 0;

let groupsRead = 0;

/** By a page and by a batch, in turn. */
function readMany(url: string, keys: readonly string[], query: string): Promise<Reply> {
  if (groupsRead++ % 2 === 0) return exchange(`${url}/get?${query}`, { method: 'POST', body: JSON.stringify(keys) });
  // Keys of a group follow each other: one page from before the first holds them all.
  const after = encodeURIComponent((keys[0] ?? '').slice(0, -1));
  return exchange(`${url}/?after=${after}&limit=${keys.length}&${query}`);
}

function consistency(stale = false): string {
  return stale ? 'consistency=stale' : '';
}

function succeeded({ status }: Reply): boolean {
  return status >= 200 && status < 300;
}

function headersFor(condition: Call['condition']): Record<string, string> {
  if (condition === undefined) return {};
  return 'tag' in condition ? { 'If-Match': condition.tag } : { 'If-None-Match': '*' };
}

/** Throws when the answer is no problem: a proxy's, or cut off. */
function codeOf({ status, text }: Reply): string {
  const problem = JSON.parse(text) as { code?: string };
  return problem.code ?? `status ${status}`;
}
