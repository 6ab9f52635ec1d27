/** The audit log: who wrote what and who was refused, and nothing that is secret. */
import test from 'ava';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import { createAudit } from '../../src/audit/audit.ts';
import { call, set } from '../support/call.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { type Service, startService } from '../support/start-service.ts';
import { contractTest, storeKinds } from '../support/store-kinds.ts';
import { bearer, reader, someTokens, writer } from '../support/tokens.ts';

const [kind] = storeKinds as [(typeof storeKinds)[number]];

/** The lines, without what every line of a log has. */
function linesOf({ logged }: Service): object[] {
  return logged
    .filter(({ msg }) => msg === 'audit')
    .map(({ level: _level, time: _time, pid: _pid, hostname: _hostname, msg: _msg, ...rest }) => rest);
}

const client = '127.0.0.1';

/** Of a request, as a line has it. */
const said = (method: string, route: string, status: number, code?: string) => ({
  ...{ 'http.request.method': method, 'http.route': route, 'http.response.status_code': status },
  ...(code === undefined ? {} : { 'error.type': code }),
});

contractTest(
  'writes, done or not, say who, what, from where and with which result; reads say nothing',
  async (t, each) => {
    const service = await startService(t, each, { tokens: await someTokens(t), audit: { auditLog: 'all' } });
    const headers = bearer(writer);
    const behindProxy = { ...headers, 'X-Forwarded-For': '203.0.113.7' };
    await set(service, { 'a/b': 'SECRET' }, { headers });
    await set(service, { a: 'SECRET', b: 'SECRET', c: 1 }, { headers: behindProxy });
    await set(service, { a: 'SECRET' }, { headers: { ...headers, 'If-None-Match': '*' } });
    await set(service, '{"SECRET', { headers });
    await call(service, '/get/a%2Fb', { method: 'DELETE', headers });
    await call(service, '/delete', { body: '["a","b","none"]', headers });
    await call(service, '/transaction', { body: '{"if":{"x":null},"set":{"c":"SECRET"},"delete":["y"]}', headers });
    await call(service, '/transaction', { body: '{"if":{"c":null}}', headers });
    await call(service, '/increment', { body: '{"n":1}', headers });
    for (const path of ['/', '/get/c', '/search?prefix=', '/openapi.json']) await call(service, path, { headers });
    const who = { action: 'write', token: 'shop', 'client.address': client };
    t.deepEqual(linesOf(service), [
      { ...who, ...said('POST', '/set', 200), key: 'a/b' },
      { ...who, ...said('POST', '/set', 200), keys: 3, 'http.request.header.x-forwarded-for': '203.0.113.7' },
      { ...who, ...said('POST', '/set', 412, 'precondition-failed'), key: 'a' },
      { ...who, ...said('POST', '/set', 400, 'invalid-body') },
      { ...who, ...said('DELETE', '/get/{key}', 204), key: 'a/b' },
      { ...who, ...said('POST', '/delete', 200), keys: 3 },
      { ...who, ...said('POST', '/transaction', 200), keys: 3 },
      { ...who, ...said('POST', '/transaction', 412, 'precondition-failed'), key: 'c' },
      { ...who, ...said('POST', '/increment', 200), key: 'n' },
    ]);
    t.notRegex(JSON.stringify(service.logged), /SECRET|writer-token/);
  },
);

test('refusals are logged by default, with nothing of what a stranger sends', async (t) => {
  const service = await startService(t, kind, { tokens: await someTokens(t), audit: { auditLog: 'refused' } });
  await call(service, '/get/SECRET?access_token=SECRET', { headers: bearer('SECRET') });
  await set(service, { SECRET: 1 });
  await set(service, { SECRET: 1 }, { headers: bearer(reader) });
  await set(service, { SECRET: 1 }, { headers: { ...bearer(writer), Origin: 'http://SECRET.example' } });
  await set(service, { a: 1 }, { headers: bearer(writer) });
  await call(service, '/get/none', { headers: bearer(reader) });
  t.deepEqual(linesOf(service), [
    {
      action: 'refused',
      'client.address': client,
      'http.request.method': 'GET',
      'http.response.status_code': 401,
      'error.type': 'unauthorized',
    },
    {
      action: 'refused',
      'client.address': client,
      'http.request.method': 'POST',
      'http.response.status_code': 401,
      'error.type': 'unauthorized',
    },
    {
      action: 'refused',
      'client.address': client,
      token: 'dashboard',
      'http.request.method': 'POST',
      'http.response.status_code': 403,
      'error.type': 'read-only-token',
    },
    {
      action: 'refused',
      'client.address': client,
      token: 'shop',
      'http.request.method': 'POST',
      'http.route': '/set',
      'http.response.status_code': 403,
      'error.type': 'cross-site',
    },
  ]);
  t.notRegex(JSON.stringify(service.logged), /SECRET/);
});

test('none is none', async (t) => {
  const service = await startService(t, kind, { tokens: await someTokens(t), audit: { auditLog: 'none' } });
  await set(service, { a: 1 });
  await set(service, { a: 1 }, { headers: bearer(writer) });
  t.deepEqual(service.logged, []);
});

test('more lines than the rate are counted and left out; refusals take no place of writes', async (t) => {
  const clock = new ManualClock();
  const service = await startService(t, kind, {
    tokens: await someTokens(t),
    serverClock: clock,
    audit: { auditLog: 'all', auditRate: 5 },
  });
  const dropped = async (action: string) => {
    const text = await service.registry.metrics();
    return new RegExp(`^kvstore_audit_lines_dropped_total\\{action="${action}"\\} (\\d+)$`, 'm').exec(text)?.[1];
  };
  for (let i = 0; i < 12; i++) await call(service, '/');
  t.is(linesOf(service).length, 5);
  t.deepEqual([await dropped('refused'), await dropped('write')], ['7', '0']);
  await set(service, { a: 1 }, { headers: bearer(writer) });
  t.like(linesOf(service).at(-1), { action: 'write', 'http.response.status_code': 200 });
  clock.pass(200);
  await call(service, '/');
  await call(service, '/');
  t.like(linesOf(service).at(-1), { action: 'refused', leftOut: 7 });
  t.is(linesOf(service).length, 7);
  clock.pass(3_600_000);
  for (let i = 0; i < 12; i++) await call(service, '/');
  t.is(linesOf(service).length, 12, 'nothing is saved up');
});

test('lines are written whatever the level of the log', (t) => {
  const lines: string[] = [];
  const log = pino({ level: 'fatal' }, { write: (line: string) => void lines.push(line) });
  const audit = createAudit({ level: 'all', perSecond: 1, log, registry: new Registry(), clock: new ManualClock() });
  const request = { method: 'GET', headers: {}, token: undefined, subject: undefined };
  audit?.refused(request as never, { req: { socket: {} } } as never, 401, 'unauthorized');
  log.error('not this one');
  t.is(lines.length, 1);
  t.like(JSON.parse(lines[0] ?? ''), { level: 30, msg: 'audit', action: 'refused', 'http.response.status_code': 401 });
});
