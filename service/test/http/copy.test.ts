/** Who reads everything and then watches from the answer's entity tag has a copy of the store that stays right. */
import { spawn } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execPath } from 'node:process';
import fc from 'fast-check';
import { temporaryFolder } from '../../../test-support/temporary-folder.ts';
import { waitFor } from '../../../test-support/wait-for.ts';
import type { Change } from '../../src/store/store.ts';
import { call, nextTarget, set } from '../support/call.ts';
import { type EventStream, openEvents } from '../support/event-stream.ts';
import { SettableClock } from '../support/settable-clock.ts';
import { type Service, startService } from '../support/start-service.ts';
import { contractTest } from '../support/store-kinds.ts';

/** Few keys, so that requests meet. */
const key = fc.constantFrom('a', 'b', 'a/b', 'é', 'k');
const keys = fc.uniqueArray(key, { minLength: 1, maxLength: 3 });
const request = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('set' as const), keys, ttl: fc.constantFrom(0, 0, 1, 1000) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('delete' as const), keys }) },
);
/** How a client reads everything. */
const reading = fc.constantFrom(
  '/',
  '/?limit=2',
  'lines',
  '/search?prefix=&values=true',
  '/search?suffix=&values=true&limit=1',
);
const step = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('writes' as const),
      requests: fc.array(request, { minLength: 1, maxLength: 5 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('advance' as const), seconds: fc.constantFrom(1, 2, 1001) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('reconnect' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('begin' as const), reading }) },
);

const histories = Number(process.env.KV_TEST_HISTORIES ?? 0);

/** The revision in an entity tag or event id, and the index behind it. */
function placeOf(id: string): readonly [revision: number, index: number] {
  const [, revision, index] = /^[0-9a-z]{8}-(\d+)(?:\.(\d+))?/.exec(id) ?? [];
  return [Number(revision), index === undefined ? Number.POSITIVE_INFINITY : Number(index)];
}

/** A client that follows the recipe of docs/api.md. */
class Copy {
  readonly values = new Map<string, string>();
  /** What it was told since the last read of everything, in order. */
  readonly told: { readonly id: string; readonly key: string; readonly value: string | undefined }[] = [];
  readonly from: string;
  readonly #open: (id: string) => Promise<EventStream>;
  #stream: EventStream | undefined;
  #seen = 0;
  last: string;

  private constructor(from: string, open: (id: string) => Promise<EventStream>) {
    this.from = from;
    this.last = from;
    this.#open = open;
  }

  static async begin(service: Service, how: string, open: (id: string) => Promise<EventStream>): Promise<Copy> {
    const headers: Record<string, string> = how === 'lines' ? { Accept: 'application/x-ndjson' } : {};
    let target: string | undefined = how === 'lines' ? '/' : how;
    let copy: Copy | undefined;
    while (target !== undefined) {
      const answer = await call(service, target, { headers });
      // Of pages the first one says where to watch from: what later ones show already is told once more.
      copy ??= new Copy(answer.headers.etag?.slice(1, -1) ?? 'no ETag', open);
      const pairs: [string, unknown][] =
        how === 'lines'
          ? answer.text
              .split('\n')
              .filter(Boolean)
              .map((line) => [JSON.parse(line).key, JSON.parse(line).value])
          : Object.entries(JSON.parse(answer.text));
      for (const [name, value] of pairs) copy.values.set(name, String(value));
      target = nextTarget(answer);
    }
    if (copy === undefined) throw new Error('Nothing was read');
    await copy.reconnect();
    return copy;
  }

  async reconnect(): Promise<void> {
    this.take();
    this.#stream?.response.destroy();
    this.#stream = await this.#open(this.last);
    this.#seen = 0;
  }

  /** Applies what has arrived. */
  take(): void {
    const stream = this.#stream;
    if (stream === undefined) return;
    for (const { event, id, data } of stream.events.slice(this.#seen)) {
      const { key: name, value } = JSON.parse(data);
      this.told.push({ id, key: name, value: event === 'set' ? String(value) : undefined });
      if (event === 'set') this.values.set(name, String(value));
      else this.values.delete(name);
    }
    this.#seen = stream.events.length;
    if (stream.lastId() !== '') this.last = stream.lastId();
  }

  close(): void {
    this.#stream?.response.destroy();
  }
}

contractTest('everything, then a watch from its entity tag: nothing lost, nothing repeated', async (t, kind) => {
  const clock = new SettableClock();
  const service = await startService(t, kind, { clock });
  const { store } = service;
  /** All that ever happened, as the store itself says. */
  const log: (Change & { readonly index: number })[] = [];
  const { close } = store.watch(store.revision(), {
    opened() {},
    revision: ({ changes }) =>
      void log.push(
        ...changes.map((change, i) => ({ ...change, index: i === changes.length - 1 ? Number.POSITIVE_INFINITY : i })),
      ),
    end: (problem) => t.fail(String(problem)),
  });
  t.teardown(close);
  let count = 0;
  const open = (id: string) => openEvents(t, service, '/watch', { 'Last-Event-ID': id });
  const send = async (one: typeof request extends fc.Arbitrary<infer T> ? T : never) => {
    const body =
      one.kind === 'set'
        ? JSON.stringify(Object.fromEntries(one.keys.map((name) => [name, ++count])))
        : JSON.stringify(one.keys);
    const query = one.kind === 'set' && one.ttl > 0 ? `?ttl=${one.ttl}` : '';
    t.is((await call(service, `/${one.kind}${query}`, { body })).status, 200);
  };
  const behind = (id: string) => {
    const [revision, index] = placeOf(id);
    return (change: { revision: number; index: number }) =>
      change.revision > revision || (change.revision === revision && change.index > index);
  };

  const property = fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 14 }), reading, async (steps, how) => {
    const copies = [await Copy.begin(service, how, open)];
    for (const each of steps) {
      if (each.kind === 'writes') await Promise.all(each.requests.map(send));
      if (each.kind === 'advance') clock.advance(each.seconds * 1000);
      if (each.kind === 'reconnect') await Promise.all(copies.map((copy) => copy.reconnect()));
      if (each.kind === 'begin') copies.push(await Copy.begin(service, each.reading, open));
    }
    const { headers } = await set(service, { end: ++count });
    const [end] = placeOf(headers.etag?.slice(1, -1) ?? '');
    await waitFor('all copies have come to the end', () => {
      for (const copy of copies) copy.take();
      return copies.every(({ last }) => placeOf(last)[0] >= end) && (log.at(-1)?.revision ?? 0) >= end;
    });
    for (const copy of copies) {
      t.regex(copy.from, /^[0-9a-z]{8}-\d+(\+\d+)?(-lines)?$/, 'every answer says where it stands');
      // What has expired by the time that it would be told is left out; its end is told when it is removed.
      const [last] = copy.told.slice(-1);
      const expected = log.filter(behind(copy.from)).filter((change) => !behind(last?.id ?? copy.from)(change));
      const told = copy.told.map(({ id, key: name, value }) => `${placeOf(id)} ${name} ${value}`);
      const textOf = (change: Change & { index: number }) =>
        `${change.revision},${change.index} ${change.key} ${change.value}`;
      const must = expected.filter(({ expires }) => expires === undefined).map(textOf);
      const may = new Set(expected.map(textOf));
      t.deepEqual(
        told.filter((text) => !may.has(text)),
        [],
        'nothing that did not happen',
      );
      t.is(new Set(told).size, told.length, 'nothing twice');
      t.deepEqual(
        told.filter((text) => must.includes(text)),
        must,
        'nothing lost, in order',
      );
      // As it is in the store at that point, without what has expired there and is not removed yet.
      const state = new Map<string, Change>();
      for (const change of log) {
        if (last !== undefined && behind(last.id)(change)) break;
        if (change.value === undefined) state.delete(change.key);
        else state.set(change.key, change);
      }
      const now = clock.wall();
      const lives = ([name]: readonly [string, unknown]) =>
        (state.get(name)?.expires ?? Number.POSITIVE_INFINITY) > now;
      t.deepEqual(
        [...copy.values].filter(lives).sort(),
        [...state]
          .map(([name, { value = '' }]): [string, string] => [name, value])
          .filter(lives)
          .sort(),
      );
      copy.close();
    }
  });
  await fc.assert(property, { numRuns: histories || (kind.name === 'embedded' ? 60 : 30) });
});

contractTest('the program of docs/api.md keeps a copy', async (t, kind) => {
  const service = await startService(t, kind);
  await set(service, { before: 1, gone: 1 });
  const page = await readFile(new URL('../../../docs/api.md', import.meta.url), 'utf8');
  const [, program = ''] = /^```js\n(\/\/ A copy[\s\S]*?)^```$/m.exec(page) ?? [];
  t.true(program !== '' && program.trimEnd().split('\n').length <= 21, 'at most 20 lines and its comment');
  const file = join(temporaryFolder(t), 'copy.mjs');
  const report = 'setInterval(() => console.log(JSON.stringify(Object.fromEntries(copy))), 50);\n';
  await writeFile(file, program.replace(/^(let \[copy.*\n)/m, `$1${report}`));
  const child = spawn(execPath, [file, `http://127.0.0.1:${service.port}`], { stdio: ['ignore', 'pipe', 'inherit'] });
  t.teardown(() => child.kill('SIGKILL'));
  let line = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    line = text.trimEnd().split('\n').at(-1) ?? '';
  });
  const shows = (wanted: object) =>
    waitFor(`the copy is ${JSON.stringify(wanted)}`, () => line === JSON.stringify(wanted));
  await shows({ before: 1, gone: 1 });
  await set(service, { before: 2 });
  await call(service, '/delete', { body: '["gone"]' });
  await set(service, { 'new\nline': [1, { a: null }] });
  await shows({ before: 2, 'new\nline': [1, { a: null }] });
});
