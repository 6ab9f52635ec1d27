/** The description of the API says what the routes do, no more and no less. */
import Router from '@koa/router';
import { problems } from '@kvstore/core/problem.ts';
import { Validator } from '@seriousme/openapi-schema-validator';
import test from 'ava';
import pino from 'pino';
import { Registry } from 'prom-client';
import { textAnswer } from '../../../src/answers/answer.ts';
import { createApp } from '../../../src/app/app.ts';
import { AnswerCache } from '../../../src/caches/answer-cache.ts';
import { DumpCache } from '../../../src/caches/dump-cache.ts';
import { RepeatedReads } from '../../../src/caches/repeated-reads.ts';
import { Endings } from '../../../src/flow-control/endings.ts';
import { EventLoopScheduler } from '../../../src/flow-control/event-loop-scheduler.ts';
import { Drain } from '../../../src/server/drain.ts';
import { openApiDocument } from '../../../src/site/openapi/document.ts';
import { pageRoutes, pagesOf } from '../../../src/site/pages/pages.ts';
import { noSpans } from '../../../src/store/spans.ts';
import type { Store } from '../../../src/store/store.ts';
import { httpMetrics } from '../../../src/telemetry/http-metrics.ts';
import { assertProblem } from '../../support/assert-problem.ts';
import { call } from '../../support/call.ts';
import { startService } from '../../support/start-service.ts';
import { contractTest } from '../../support/store-kinds.ts';
import { someTokens } from '../../support/tokens.ts';

interface Described {
  readonly paths: Readonly<Record<string, Readonly<Record<string, { readonly security?: readonly [] }>>>>;
}

const document = (tokens: boolean) => openApiDocument({ version: '1.2.3', tokens }) as unknown as Described;
const pages = { docs: true, ui: true };
const example = (path: string) => path.replace('{key}', 'a/b');

/** The router inside the application, as @koa/router leaves it on its middleware. */
function routerOf(): Router {
  const registry = new Registry();
  const [store, log] = [{} as Store, pino({ level: 'silent' })];
  const app = createApp({
    ...{
      store,
      log,
      registry,
      metrics: httpMetrics(registry),
      drain: new Drain(),
      scheduler: new EventLoopScheduler(),
      endings: new Endings(),
    },
    ...{
      answers: new AnswerCache(store, 0),
      repeated: new RepeatedReads(0),
      dumps: new DumpCache(store, 0),
      peers: undefined,
      spans: noSpans,
    },
    ...{
      maxBody: 1,
      maxWait: 1,
      longReads: { most: 1, maxAge: 1, maxGrowth: 1 },
      metricsText: async () => textAnswer(200, [], ''),
      version: '1.2.3',
      pages,
    },
    hosts: { listens: '127.0.0.1', needsToken: false, allowed: [] },
    limits: { maxWatches: 1, heartbeat: 1, maxBacklog: 1, maxMemory: 1, stallTimeout: 1 },
  });
  const [router] = app.middleware.flatMap((each) =>
    'router' in each && each.router instanceof Router ? [each.router] : [],
  );
  if (router === undefined) throw new Error('no router');
  return router;
}

test('it is valid OpenAPI 3.1, with and without tokens', async (t) => {
  for (const tokens of [false, true]) {
    const { valid, errors } = await new Validator().validate({ ...document(tokens) });
    t.true(valid, JSON.stringify(errors));
  }
});

test('every route is described, and everything that is described has a route', (t) => {
  const unseen = new Set(pageRoutes(pagesOf(pages)).map(({ path }) => path));
  const described = Object.entries(document(false).paths);
  const routed = new Map<string, string[]>();
  for (const layer of routerOf().stack) {
    const [path] = described.find(([each]) => layer.match(example(each))) ?? [];
    if (path === undefined) t.true(unseen.delete(String(layer.path)), `not described: ${layer.path}`);
    else routed.set(path, [...(routed.get(path) ?? []), ...layer.methods]);
  }
  t.deepEqual(unseen, new Set());
  for (const [path, operations] of described) {
    const methods = routed.get(path)?.filter((method) => method !== 'HEAD');
    t.deepEqual(
      methods?.sort(),
      Object.keys(operations)
        .map((method) => method.toUpperCase())
        .sort(),
      path,
    );
  }
});

test('every problem is the answer of an operation, or of no request that could be described', (t) => {
  const text = JSON.stringify(document(true).paths);
  const ofNoOperation = ['unknown-path', 'method-not-allowed', 'slow-consumer'];
  const missing = Object.keys(problems).filter((code) => !text.includes(`"${code}"`));
  t.deepEqual(missing, ofNoOperation);
});

test('every reference leads somewhere', (t) => {
  const whole: unknown = document(true);
  const references = [...JSON.stringify(whole).matchAll(/"\$ref":"#\/([^"]+)"/g)].map(([, path = '']) => path);
  t.true(references.length > 50);
  for (const path of references) {
    const target = path.split('/').reduce<unknown>((at, name) => (at as Record<string, unknown>)?.[name], whole);
    t.is(typeof target, 'object', path);
  }
});

contractTest('it is served, to everybody', async (t, kind) => {
  const open = await startService(t, kind);
  const answer = await call(open, '/openapi.json');
  t.is(answer.headers['content-type'], 'application/json');
  t.deepEqual(
    JSON.parse(answer.text),
    JSON.parse(JSON.stringify(openApiDocument({ version: '0.0.0-test', tokens: false }))),
  );
  const closed = await startService(t, kind, { tokens: await someTokens(t) });
  t.regex((await call(closed, '/openapi.json')).text, /"security":\[\{"bearer":\[\]\}\]/);
});

contractTest('what it calls open needs no token, and everything else does', async (t, kind) => {
  const service = await startService(t, kind, { tokens: await someTokens(t) });
  let closed = 0;
  for (const [path, operations] of Object.entries(document(true).paths)) {
    for (const [method, { security }] of Object.entries(operations)) {
      const answer = await call(service, example(path), { method: method.toUpperCase() });
      if (security !== undefined) t.is(answer.status, 200, path);
      else {
        assertProblem(t, answer, 'unauthorized');
        closed++;
      }
    }
  }
  t.true(closed >= 4);
});

/** Every schema in the document, with where it stands. */
function* schemasIn(part: unknown, path = ''): Generator<[string, Record<string, unknown>]> {
  if (typeof part !== 'object' || part === null) return;
  for (const [name, child] of Object.entries(part)) {
    const at = `${path}/${name}`;
    // What stands in an example is data.
    if (['example', 'examples'].includes(name)) continue;
    // No further properties.
    if (child === false) continue;
    if (
      ['schema', 'items', 'propertyNames', 'additionalProperties'].includes(name) ||
      /\/(schemas|properties)$/.test(path)
    ) {
      yield [at, child];
    }
    yield* schemasIn(child, at);
  }
}

test('schemas are plain, as generators of clients need them, and nothing is left unused', (t) => {
  for (const tokens of [false, true]) {
    const whole = openApiDocument({ version: '1.2.3', tokens }) as Record<
      string,
      Record<string, Record<string, unknown>>
    >;
    const refs = new Set(JSON.stringify(whole).match(/(?<="\$ref":")[^"]+/g));
    for (const kind of ['schemas', 'parameters', 'headers']) {
      for (const name of Object.keys(whole.components?.[kind] ?? {})) {
        t.true(refs.has(`#/components/${kind}/${name}`), `${kind} ${name} is not used`);
      }
    }
    for (const [at, schema] of schemasIn(whole)) {
      for (const word of ['allOf', 'oneOf', 'not', 'const', 'if']) t.false(word in schema, `${at} has ${word}`);
      // A value is any JSON; a search answers with keys or pairs.
      if (at === '/components/schemas/Value' || 'anyOf' in schema) continue;
      t.true('type' in schema || '$ref' in schema, `${at} has no type`);
    }
    t.deepEqual(whole.security as unknown, tokens ? [{ bearer: [] }] : []);
  }
});
