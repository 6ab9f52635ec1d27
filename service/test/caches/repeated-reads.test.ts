import test from 'ava';
import { type Answer, jsonAnswer } from '../../src/answers/answer.ts';
import { RepeatedReads } from '../../src/caches/repeated-reads.ts';
import { call, set } from '../support/call.ts';
import { startService } from '../support/start-service.ts';
import { contractTest } from '../support/store-kinds.ts';

const large = 1 << 20;

function sliced(slices: readonly string[]): Answer {
  return { kind: 'slices', status: 200, headers: ['A', 'b'], slices, release() {}, onCut() {} };
}

/** All of it, as a client takes it. */
function take(answer: Answer): string {
  if (answer.kind === 'slices') return [...answer.slices].join('');
  return answer.kind === 'text' ? answer.text : '';
}

function textOf(answer: ReturnType<RepeatedReads['get']>): string | undefined {
  if (answer?.kind !== 'bytes') return answer?.text;
  answer.release();
  return Buffer.concat(answer.parts).toString();
}

test('what is gathered for clients that take their time is bounded together', (t) => {
  const reads = new RepeatedReads(3 * large);
  const slow = Array.from({ length: 10 }, (_, i) => {
    reads.pass(`q${i}`, 't', sliced(['1']));
    const answer = reads.pass(`q${i}`, 't', sliced(['x'.repeat(large / 2), 'y'.repeat(large / 2)]));
    return { question: `q${i}`, iterator: answer.kind === 'slices' ? answer.slices[Symbol.iterator]() : undefined };
  });
  // Half of each: more than three answers are under way at once, and only some are gathered to their end.
  for (const { iterator } of slow) t.is(iterator?.next().value?.length, large / 2);
  for (const { iterator } of slow) while (iterator?.next().done === false);
  const kept = slow.filter(({ question }) => textOf(reads.get(question, 't')) !== undefined);
  t.true(kept.length >= 1 && kept.length <= 3, `${kept.length} are kept`);
  // One that leaves gives back what was gathered for it.
  for (let i = 0; i < 20; i++) {
    reads.pass('left', 'u', sliced(['1']));
    const answer = reads.pass('left', 'u', sliced(['x'.repeat(large / 2), 'y']));
    const iterator = answer.kind === 'slices' ? answer.slices[Symbol.iterator]() : undefined;
    iterator?.next();
    iterator?.return?.();
  }
  reads.pass('whole', 'u', sliced(['1']));
  take(reads.pass('whole', 'u', sliced(['a', 'b'])));
  t.is(textOf(reads.get('whole', 'u')), 'ab');
});

test('a text is kept at once, slices when the question comes a second time; both go with the entity tag', (t) => {
  const reads = new RepeatedReads(large);
  reads.pass('q', '"1"', jsonAnswer('[1]'));
  t.is(textOf(reads.get('q', '"1"')), '[1]');
  t.is(reads.get('other', '"1"'), undefined);
  for (const kept of [undefined, 'ab']) {
    take(reads.pass('slices', '"1"', sliced(['a', 'b'])));
    t.is(textOf(reads.get('slices', '"1"')), kept);
  }
  t.is(reads.get('q', '"2"'), undefined);
  take(reads.pass('slices', '"2"', sliced(['c'])));
  t.is(reads.get('slices', '"2"'), undefined, 'its first time at this tag');
  t.is(reads.get('q', '"1"'), undefined, 'no way back to another state');
});

test('a short text stays a text, with its length in memory like any other', (t) => {
  const reads = new RepeatedReads(4000);
  for (let i = 0; i < 2; i++) reads.pass('short', '"1"', jsonAnswer('"ä"'));
  t.like(reads.get('short', '"1"'), { kind: 'text', text: '"ä"' });
  for (let i = 0; i < 2; i++) reads.pass('long', '"1"', jsonAnswer(JSON.stringify('ä'.repeat(1100))));
  t.like(reads.get('long', '"1"'), { kind: 'bytes', length: 2202 });
  for (let n = 0; n < 10; n++) {
    for (let i = 0; i < 2; i++) reads.pass(`${n}`, '"1"', jsonAnswer('[]'));
  }
  t.is(reads.get('9', '"1"'), undefined);
});

test('an answer in slices is kept once the client has taken all of it, with its length', (t) => {
  const reads = new RepeatedReads(large);
  reads.pass('q', '"1"', sliced(['x']));
  const [first] = [...(reads.pass('q', '"1"', sliced(['ä', 'b'])) as { slices: Iterable<string> }).slices];
  t.is(first, 'ä');
  t.deepEqual(reads.get('q', '"1"')?.headers, ['A', 'b', 'Content-Length', '3']);
  const broken = new RepeatedReads(large);
  broken.pass('q', '"1"', sliced(['x']));
  for (const slice of (broken.pass('q', '"1"', sliced(['a', 'b'])) as { slices: Iterable<string> }).slices) {
    t.is(slice, 'a');
    break;
  }
  t.is(broken.get('q', '"1"'), undefined, 'the client left before the end');
});

test('what is written while an answer is sent keeps that answer out', (t) => {
  const reads = new RepeatedReads(large);
  reads.pass('q', '"1"', sliced(['x']));
  const under = reads.pass('q', '"1"', sliced(['old']));
  reads.pass('q', '"2"', sliced(['new']));
  t.is(take(under), 'old');
  t.is(reads.get('q', '"2"'), undefined);
});

test('memory is bounded: by answers, by questions, and by what clients hold of earlier states', (t) => {
  const reads = new RepeatedReads(10_000);
  const twice = (question: string, text: string, tag = '"1"') => {
    for (let i = 0; i < 2; i++) take(reads.pass(question, tag, sliced([text])));
  };
  twice('first', 'x'.repeat(6000));
  twice('second', 'x'.repeat(6000));
  t.not(textOf(reads.get('first', '"1"')), undefined);
  t.is(reads.get('second', '"1"'), undefined);
  twice('q'.repeat(5000), 'x');
  t.is(reads.get('q'.repeat(5000), '"1"'), undefined);
  // Clients that take nothing, at one state after the other.
  let held = 0;
  for (let state = 2; state < 20; state++) {
    twice('first', 'x'.repeat(6000), `"${state}"`);
    if (reads.get('first', `"${state}"`) !== undefined) held++;
  }
  t.is(held, 4);
});

test('an answer is kept in parts that a system call takes, and one of more than 4 MiB is not', (t) => {
  const reads = new RepeatedReads(20 * large);
  const slices = Array.from({ length: 50 }, (_, i) => String.fromCharCode(97 + (i % 26)).repeat(64 * 1024));
  for (let i = 0; i < 2; i++) take(reads.pass('q', '"1"', sliced(slices)));
  const answer = reads.get('q', '"1"');
  t.is(textOf(answer), slices.join(''));
  t.like(answer, { kind: 'bytes', length: 50 * 64 * 1024 });
  const parts = answer?.kind === 'bytes' ? answer.parts : [];
  t.deepEqual(
    parts.map(({ length }) => length),
    [large, large, large, 2 * 64 * 1024],
  );
  for (let i = 0; i < 2; i++) take(reads.pass('larger', '"1"', sliced(['x'.repeat(4 * large), 'x'])));
  t.is(reads.get('larger', '"1"'), undefined);
});

test('more questions with a short answer are kept than are remembered of those with a long one', (t) => {
  const reads = new RepeatedReads(10 * large);
  for (let i = 0; i < 5000; i++) reads.pass(`${i}`, '"1"', jsonAnswer('[]'));
  t.is(textOf(reads.get('4999', '"1"')), '[]');
  for (let i = 0; i < 1001; i++) take(reads.pass(`long ${i}`, '"1"', sliced(['x'])));
  for (const i of [0, 1000]) take(reads.pass(`long ${i}`, '"1"', sliced(['x'])));
  t.is(textOf(reads.get('long 0', '"1"')), 'x');
  t.is(reads.get('long 1000', '"1"'), undefined);
});

test('what was read before the index was replaced, or known to be damaged, is dropped', (t) => {
  let replaced = () => {};
  const reads = new RepeatedReads(large, {
    listen(listener) {
      replaced = () => listener.replaced();
    },
  });
  const twice = () => {
    for (let i = 0; i < 2; i++) reads.pass('q', '"1"', jsonAnswer('[1]'));
  };
  twice();
  t.is(textOf(reads.get('q', '"1"')), '[1]');
  replaced();
  t.is(reads.get('q', '"1"'), undefined);
  // One that was under way is not kept either.
  reads.pass('q', '"1"', sliced(['x']));
  const underWay = reads.pass('q', '"1"', sliced(['short of keys']));
  replaced();
  reads.pass('q', '"1"', sliced(['x']));
  t.is(take(underWay), 'short of keys');
  t.is(reads.get('q', '"1"'), undefined);
});

contractTest('the same reads again and again show each write, also of a time to live that is over', async (t, kind) => {
  const service = await startService(t, kind);
  const targets = ['/?limit=3', '/?prefix=a', '/search?prefix=a&values=true', '/search?prefix=a&suffix=1&values=true'];
  const lines = { headers: { Accept: 'application/x-ndjson' } };
  const seen = async () => [
    ...(await Promise.all(targets.map(async (target) => (await call(service, target)).text))),
    ...(await call(service, '/', lines)).text.split('\n').map((line) => line.replace(/,"revision".*/, '')),
  ];
  for (let value = 0; value < 3; value++) {
    await set(service, `{"a1":${value},"b":${value}}`);
    const object = `{"a1":${value},"b":${value}}`;
    const found = `{"a1":${value}}`;
    const expected = [object, found, found, found, `{"key":"a1","value":${value}`, `{"key":"b","value":${value}`, ''];
    for (let i = 0; i < 4; i++) t.deepEqual(await seen(), expected);
  }
  const first = await call(service, targets[2] ?? '');
  t.is((await call(service, targets[2] ?? '')).headers.etag, first.headers.etag);
  t.is((await call(service, '/', { method: 'HEAD' })).status, 200);
  t.is((await call(service, targets[2] ?? '', { method: 'HEAD' })).text, '');
});
