/**
 * What every shape of a request is answered, headers included: recorded once, so that nothing of it changes unseen.
 * `RECORD_ANSWERS=1 ava service/test/http/answers.test.ts` records it anew, in answers.json.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import test, { type ExecutionContext } from 'ava';
import { connectRaw } from '../support/raw-connection.ts';
import { type Service, startService } from '../support/start-service.ts';
import { storeKinds } from '../support/store-kinds.ts';

/** What differs from one answer to the next. */
const changing = /^(Date|Age|KvStore-Replica): .*\r\n/gim;

const requests = [
  'GET /get/plain HTTP/1.1\r\nHost: x\r\n',
  'HEAD /get/plain HTTP/1.1\r\nHost: x\r\n',
  'GET /get/missing HTTP/1.1\r\nHost: x\r\n',
  'GET /get/ HTTP/1.1\r\nHost: x\r\n',
  'GET /get/a/b//c HTTP/1.1\r\nHost: x\r\n',
  'GET /get/a%2Fb//c HTTP/1.1\r\nHost: x\r\n',
  'GET /get/%AF HTTP/1.1\r\nHost: x\r\n',
  'GET /get/plain?consistency=stale HTTP/1.1\r\nHost: x\r\n',
  'GET /get/plain?consistency=none HTTP/1.1\r\nHost: x\r\n',
  'GET /get/plain HTTP/1.1\r\nHost: x\r\nIf-None-Match: *\r\n',
  'GET /get/plain HTTP/1.1\r\nHost: x\r\nIf-None-Match: "0"\r\n',
  'GET /get/text HTTP/1.1\r\nHost: x\r\n',
  `GET /get/${'k'.repeat(1024)} HTTP/1.1\r\nHost: x\r\n`,
  `GET /get/${'k'.repeat(1025)} HTTP/1.1\r\nHost: x\r\n`,
  'GET /get/plain HTTP/1.1\r\n',
  'GET http://x/get/plain HTTP/1.1\r\nHost: x\r\n',
  'GET /get/__proto__ HTTP/1.1\r\nHost: x\r\n',
  ...['/', '/?limit=1', '/?prefix=t', '/livez', '/readyz', '/unknown', '/delete', '/watch?prefix=a&prefix=b'].map(
    (target) => `GET ${target} HTTP/1.1\r\nHost: x\r\n`,
  ),
  'HEAD / HTTP/1.1\r\nHost: x\r\n',
  ...[
    'application/x-ndjson',
    '*/*',
    'application/json',
    'text/html',
    'application/json;q=0.1, application/x-ndjson',
  ].map((accept) => `GET / HTTP/1.1\r\nHost: x\r\nAccept: ${accept}\r\n`),
  'GET / HTTP/1.1\r\nHost: x\r\nIf-None-Match: *\r\n',
  'GET / HTTP/1.1\r\nHost: x\r\nIf-None-Match: "0"\r\n',
  'GET / HTTP/1.0\r\n',
  'GET / HTTP/1.0\r\nHost: x\r\n',
  'GET /? HTTP/1.1\r\nHost: x\r\n',
  'GET http://x/ HTTP/1.1\r\nHost: x\r\n',
  'POST / HTTP/1.1\r\nHost: x\r\n',
  'POST /set HTTP/1.1\r\nHost: x\r\n',
  'POST /delete HTTP/1.1\r\nHost: x\r\n',
  'POST /get HTTP/1.1\r\nHost: x\r\n',
  ...[
    ...[
      'prefix=',
      'prefix=p',
      'prefix=none',
      'prefix=a/b',
      'prefix=a%2Fb',
      'prefix=a+b',
      'prefix=a&limit=1',
      'prefix=p?',
    ],
    ...['prefix=p&prefix=q', 'prefix=p=q', 'prefix=p#q', 'prefix=k', 'prefix=te&values=true', 'suffix=', 'suffix=c'],
    ...['suffix=n&prefix=p', 'suffix=%F0%9F%8E%88', 'suffix=k', 'PREFIX=p', 'prefix', 'prefix=p&consistency=stale', ''],
    `prefix=${'k'.repeat(1024)}`,
    `prefix=${'k'.repeat(1025)}`,
    `suffix=${'k'.repeat(1025)}`,
  ].map((query) => `GET /search?${query} HTTP/1.1\r\nHost: x\r\n`),
  'HEAD /search?prefix=p HTTP/1.1\r\nHost: x\r\n',
  'GET /search?prefix=p HTTP/1.1\r\nHost: x\r\nIf-None-Match: *\r\n',
  'GET /search?prefix=p HTTP/1.1\r\n',
  'DELETE /get/none HTTP/1.1\r\nHost: x\r\n',
  ...['/?=x', '/get/plain?=', '/whoami?x=1', '/openapi.json?x=1', '/livez?x=1'].map(
    (target) => `GET ${target} HTTP/1.1\r\nHost: x\r\n`,
  ),
];

const post = (body: string, headers = '', target = '/set') =>
  `POST ${target} HTTP/1.1\r\nHost: x\r\n${headers}Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`;

/** The last of them is what both stores hold in the end. */
const writes = [
  post('{"a":1}'),
  post('{"plain é 🎈":"a text é 🎈"}'),
  post('{"plain":-1.50e+3}'),
  post('{"plain":"an \\u00e9scape"}'),
  post('{"plain":01}'),
  post(`{"long":"${'x'.repeat(100_000)}"}`),
  post('{"é":"🎈", "b" : [1,  2.0, {"c": 1e400}]}'),
  post('\ufeff{"bom":1}'),
  post('{"a":1,"a":2}', 'Content-Type: text/plain\r\n'),
  post(''),
  post('{}'),
  post('{"a":'),
  post('[1]'),
  post('{"":1}'),
  post(`{"${'k'.repeat(1025)}":1}`),
  post('{"a":1}', 'Content-Encoding: identity\r\n'),
  post('{"a":1}', 'Content-Encoding: unknown\r\n'),
  post('{"a":1}', 'If-None-Match: *\r\n'),
  post('{"a":1}', 'If-Match: "0"\r\n'),
  post('{"a":1}', 'Sec-Fetch-Site: cross-site\r\n'),
  post('{"a":1}', 'Sec-Fetch-Site: none\r\n'),
  post('{"a":1}', 'Authorization: Bearer x\r\n'),
  post('{"a":1}', 'Expect: 100-continue\r\n'),
  post('{"a":1}', '', '/set?ttl=60'),
  post('{"a":1}', '', '/set?ttl=0'),
  post('{"a":1}', '', '/set/'),
  post('["none"]', '', '/delete'),
  'POST /set HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n7\r\n{"a":3}\r\n0\r\n\r\n',
  'POST /set HTTP/1.1\r\nHost: x\r\nContent-Length: 2097152\r\nConnection: close\r\n\r\n',
  'POST /set HTTP/1.1\r\nContent-Length: 7\r\nConnection: close\r\n\r\n{"a":1}',
  post('["a","none"]', '', '/get'),
  post('["a","none"]', 'Accept: application/x-ndjson\r\n', '/get'),
  post('["a",1]', '', '/get'),
  post('{"if":{"a":null,"none":null},"set":{"a":1}}', '', '/transaction'),
  post('{"if":{"none":null},"set":{"counted":1},"delete":["a"]}', '', '/transaction'),
  post('{"delte":["a"]}', '', '/transaction'),
  post('{"counted":1}', '', '/increment'),
  post('{"plain":1}', '', '/increment'),
  post('{"counted":1.5}', '', '/increment'),
  post('["counted"]', '', '/delete'),
  post('{"plain":5,"last":{"of":["all"]}}'),
];

/** The answer without what differs from run to run; headers in alphabetical order. */
async function answerTo(t: ExecutionContext, service: Service, request: string): Promise<string> {
  const connection = await connectRaw(t, service);
  connection.send(request);
  const answer = (await connection.closed()).replace(changing, '').replaceAll(service.store.timeline(), 'timeline');
  const end = answer.indexOf('\r\n\r\n');
  const [status, ...headers] = answer.slice(0, end).split('\r\n');
  const head = [status, ...headers.sort()].join('\n').replace(/timeline-\d+/, 'timeline-N');
  const body = answer.slice(end + 4).replace(/"revision":\d+/g, '"revision":N');
  return body.length > 2000 ? `${head}\n\n${body.length} bytes` : `${head}\n\n${body}`;
}

const nameOf = (request: string) =>
  (request.length > 300 ? `${request.slice(0, 300)}…` : request).replaceAll('\r\n', '\n');

type Recorded = Record<string, Record<string, string>>;

const file = new URL('answers.json', import.meta.url);
const recorded: Recorded = JSON.parse(readFileSync(file, 'utf8'));
const isRecording = process.env.RECORD_ANSWERS !== undefined;

/** Both kinds of store answer alike, but for what the titles tell apart. */
function compare(t: ExecutionContext, title: string, answers: Record<string, string>): void {
  if (isRecording) recorded[title] = answers;
  t.deepEqual(Object.keys(answers), Object.keys(recorded[title] ?? {}));
  for (const [request, answer] of Object.entries(answers)) t.is(answer, recorded[title]?.[request] ?? '', request);
}

test.after('keep what was recorded', () => {
  if (isRecording) writeFileSync(file, `${JSON.stringify(recorded, null, 2)}\n`);
});

for (const kind of storeKinds) {
  test(`${kind.name}: reads of every shape`, async (t) => {
    const service = await startService(t, kind);
    const answers: Record<string, string> = {};
    const ask = (request: string) => answerTo(t, service, `${request}Connection: close\r\n\r\n`);
    for (const request of requests) answers[`empty: ${nameOf(request)}`] = await ask(request);
    const pairs = { plain: 1, 'a/b//c': [1, 2], text: 'Grüße, 🎈', ['k'.repeat(1024)]: null };
    await service.store.set(Object.entries(pairs).map(([key, value]) => ({ key, value: JSON.stringify(value) })));
    for (const request of requests) {
      const first = await ask(request);
      answers[nameOf(request)] = first;
      // Read again, and kept ready.
      for (let again = 0; again < 2; again++) t.is(await ask(request), first, request);
    }
    compare(t, `${kind.name}, reads`, answers);
  });

  test(`${kind.name}: writes of every shape`, async (t) => {
    const service = await startService(t, kind);
    const answers: Record<string, string> = {};
    for (const [i, request] of writes.entries())
      answers[`${i}: ${nameOf(request)}`] = await answerTo(t, service, request);
    const pairs = [...service.store.pairs({})].map(({ key, value }) => [key, value.slice(0, 100)]);
    compare(t, `${kind.name}, writes`, { ...answers, 'the store then': JSON.stringify(pairs) });
  });
}
