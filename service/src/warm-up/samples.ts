/** The requests of the warm-up: every shape that a call of the API has, the plain read more often than the others. */

/** Pairs of the stand-in store. */
const pairs = 40;

/** The pair that no round writes: with its entity tag, a read is answered with 304. */
const kept = 'kept';

const plainReads = 16;

/** Fills the store; to be sent first. */
export function filling(): string {
  const all = Array.from({ length: pairs }, (_, i) => [keyOf(i), { value: i, text: 'warm up' }]);
  return send('POST', '/set', JSON.stringify({ ...Object.fromEntries(all), [kept]: kept }));
}

/** Its answer has the entity tag that the rounds need. */
export function readKept(): string {
  return get(`/get/${kept}`);
}

/** The i-th round. Keys differ, so that not all answers come from a cache. */
export function round(i: number, etag: string): readonly string[] {
  const one = `/get/${keyOf(i)}`;
  return [
    ...Array.from({ length: plainReads }, (_, j) => get(`/get/${keyOf(i * plainReads + j)}`)),
    get(`/get/${escaped(keyOf(i))}`),
    get(`/get/${kept}`, `If-None-Match: ${etag}\r\n`),
    get(one, 'If-None-Match: "none"\r\n'),
    get(`${one}?consistency=stale`),
    get(`/get/none-${i}`),
    send('POST', '/get', JSON.stringify([keyOf(i), keyOf(i + 1), `none-${i}`])),
    get(`/search?prefix=warm-${i % 10}`),
    get(`/search?suffix=${i % 10}&values=true`),
    get('/'),
    get('/', 'Accept-Encoding: gzip\r\n'),
    send('POST', '/set', JSON.stringify({ [keyOf(i)]: i })),
    send('POST', '/set', JSON.stringify({ [keyOf(i)]: { value: i }, [keyOf(i + 1)]: [i, 'text'] })),
    send('POST', '/set?ttl=3600', JSON.stringify({ [keyOf(i + 2)]: `${i}` })),
    send('POST', '/transaction', JSON.stringify({ if: { [keyOf(i)]: '*' }, set: { [keyOf(i)]: i } })),
    send('POST', '/increment', JSON.stringify({ count: 1 })),
    send('POST', '/set', '{"warm":'),
    send('DELETE', `/get/${keyOf(i + pairs / 2)}`, ''),
    send('POST', '/set', JSON.stringify({ [keyOf(i + pairs / 2)]: null })),
    get('/readyz'),
  ];
}

/** A request that shows a token. */
export function withToken(request: string, token: string | undefined): string {
  return token === undefined ? request : request.replace('\r\n', `\r\nAuthorization: Bearer ${token}\r\n`);
}

function keyOf(i: number): string {
  return `warm-${i % pairs}`;
}

/** As some clients send every key. */
function escaped(key: string): string {
  return [...key].map((c) => `%${c.charCodeAt(0).toString(16)}`).join('');
}

const host = 'Host: localhost\r\nUser-Agent: kvstore-warm-up\r\nAccept: */*\r\n';

function get(target: string, headers = ''): string {
  return `GET ${target} HTTP/1.1\r\n${host}${headers}\r\n`;
}

function send(method: string, target: string, body: string): string {
  return `${method} ${target} HTTP/1.1\r\n${host}Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
}
