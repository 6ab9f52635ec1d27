/** One HTTP request with a target that is sent as it stands: nothing cleans `//`, `..` or escapes on its way. */
import { Agent, type IncomingHttpHeaders, request } from 'node:http';
import { buffer } from 'node:stream/consumers';

export interface CallOptions {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  /** Sends the body in chunks, without a Content-Length. */
  readonly chunked?: boolean;
  /** Keeps connections open between calls; without it, each call has its own. */
  readonly agent?: Agent;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** The client's port: the same port is the same connection. */
  readonly connection: number | undefined;
}

export async function call(
  { port }: { readonly port: number },
  target: string,
  options: CallOptions = {},
): Promise<Answer> {
  const { method = options.body === undefined ? 'GET' : 'POST', headers, body, chunked = false, agent } = options;
  const length = body === undefined || chunked ? {} : { 'Content-Length': Buffer.byteLength(body) };
  return new Promise<Answer>((resolve, reject) => {
    const outgoing = request({
      host: '127.0.0.1',
      port,
      path: target,
      method,
      headers: { ...length, ...headers },
      agent: agent ?? false,
    });
    let connection: number | undefined;
    outgoing.on('error', reject);
    outgoing.on('socket', (socket) => {
      const note = () => {
        connection = socket.localPort;
      };
      if (socket.connecting) socket.once('connect', note);
      else note();
    });
    outgoing.on('response', (incoming) => {
      buffer(incoming).then((bytes) => {
        resolve({
          status: incoming.statusCode ?? 0,
          headers: incoming.headers,
          text: bytes.toString(),
          connection,
        });
      }, reject);
    });
    if (body !== undefined && chunked) outgoing.write(body);
    outgoing.end(chunked ? undefined : body);
  });
}

/** POST /set of an object, or of a text as it stands. */
export function set(
  service: { readonly port: number },
  pairs: object | string,
  options: CallOptions = {},
): Promise<Answer> {
  return call(service, '/set', { ...options, body: typeof pairs === 'string' ? pairs : JSON.stringify(pairs) });
}

/** GET /get/ of a key, escaped as URLs need. */
export function get(service: { readonly port: number }, key: string, options: CallOptions = {}): Promise<Answer> {
  return call(service, `/get/${encodeURIComponent(key)}`, options);
}

/** The target of the `rel="next"` link, or undefined on the last page. */
export function nextTarget({ headers }: Answer): string | undefined {
  const { link } = headers;
  return typeof link === 'string' ? /^<([^>]*)>; rel="next"$/.exec(link)?.[1] : undefined;
}

/** One connection that is used again and again. */
export function singleConnection(t: { teardown(end: () => void): void }): Agent {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  t.teardown(() => agent.destroy());
  return agent;
}
