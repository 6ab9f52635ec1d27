import fc from 'fast-check';
import { call, get } from '../support/call.ts';
import { openEvents } from '../support/event-stream.ts';
import { PairModel } from '../support/pair-model.ts';
import { SettableClock } from '../support/settable-clock.ts';
import { startService } from '../support/start-service.ts';
import { contractTest } from '../support/store-kinds.ts';

/** Few keys, so that writes meet. */
const anyOf = fc.constantFrom('a', 'b', 'a/b', 'é', '😀', '～', '__proto__');
const keys = fc.uniqueArray(anyOf, { minLength: 1, maxLength: 3 });
const value = fc.integer({ min: 0, max: 99 }).map(String);
/** Seconds; far from any sum of the steps, so that how long the requests themselves take never decides. */
const ttl = fc.constantFrom(undefined, undefined, 120_000, 320_000);
const condition = fc.constantFrom('none', 'none', 'absent', 'exists', 'same', 'other');

const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('set' as const), keys, value, ttl, condition }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('delete' as const), keys, condition }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('advance' as const), seconds: fc.constantFrom(50_000, 150_000) }),
  },
);

interface Known {
  readonly value: string;
  readonly etag: string;
  /** Seconds of the test's own time. */
  readonly until: number;
}

contractTest('any writes, deletions, conditions and times to live agree with a plain Map', async (t, kind) => {
  const clock = new SettableClock();
  const service = await startService(t, kind, { clock });
  const model = new Map<string, Known>();
  let time = 0;
  const watch = await openEvents(t, service, '/watch');

  const expire = () => {
    for (const [key, { until }] of model) if (until <= time) model.delete(key);
  };
  /** The headers, and whether the write may happen. */
  const asked = (name: string, wanted: readonly string[]): [Record<string, string>, boolean] => {
    const [known] = wanted.map((key) => model.get(key));
    if (name === 'absent') return [{ 'If-None-Match': '*' }, wanted.every((key) => !model.has(key))];
    if (name === 'none' || wanted.length !== 1) return [{}, true];
    if (name === 'exists') return [{ 'If-Match': '*' }, known !== undefined];
    if (name === 'same') return [{ 'If-Match': known?.etag ?? '"1"' }, known !== undefined];
    return [{ 'If-Match': '"999999999"' }, false];
  };

  const run = fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 12 }), async (steps) => {
    for (const each of steps) {
      if (each.kind === 'advance') {
        time += each.seconds;
        clock.advance(each.seconds * 1000);
        expire();
        continue;
      }
      const [headers, holds] = asked(each.condition, each.keys);
      const isSet = each.kind === 'set';
      const query = isSet && each.ttl !== undefined ? `?ttl=${each.ttl}` : '';
      const body = isSet
        ? `{${each.keys.map((key) => `${JSON.stringify(key)}:${each.value}`).join(',')}}`
        : JSON.stringify(each.keys);
      const answer = await call(service, `/${each.kind}${query}`, { headers, body });
      t.is(answer.status, holds ? 200 : 412, `${each.kind} ${body} ${JSON.stringify(headers)}: ${answer.text}`);
      if (!holds) continue;
      if (!isSet) t.is(answer.text, `{"deleted":${each.keys.filter((key) => model.has(key)).length}}`);
      for (const key of each.keys) {
        const { etag = '' } = answer.headers;
        if (isSet)
          model.set(key, { value: each.value, etag, until: each.ttl === undefined ? Infinity : time + each.ttl });
        else model.delete(key);
      }
    }
    const plain = new PairModel();
    for (const [key, known] of model) plain.values.set(key, known.value);
    t.is((await call(service, '/')).text, plain.text());
    t.is((await call(service, '/search?prefix=&values=true')).text, plain.text());
    t.is((await call(service, '/search?suffix=b')).text, JSON.stringify(plain.keys({ suffix: 'b' })));
    for (const [key, { etag }] of model) t.is((await get(service, key)).headers.etag, etag);
  });
  await fc.assert(run, { numRuns: kind.name === 'embedded' ? 60 : 25 });

  // Who has followed from the beginning knows the same. Keys that expired may not be removed yet: they are told with their end.
  const end = await call(service, '/set', { body: '{"end":1}' });
  const last = end.headers.etag?.slice(1, -1);
  await watch.until(1);
  while (!watch.events.some(({ id }) => id === last)) await watch.until(watch.events.length + 1);
  const followed = new Map<string, string>();
  for (const { event, data } of watch.events) {
    const { key, value: told, expires = Infinity } = JSON.parse(data);
    if (event === 'delete' || expires <= clock.wall()) followed.delete(key);
    else followed.set(key, String(told));
  }
  followed.delete('end');
  t.deepEqual([...followed].sort(), [...model].map(([key, known]): [string, string] => [key, known.value]).sort());
});
