/** What compressing holds while it lasts, and what happens when there is no room for it. */
import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { gunzipSync } from 'node:zlib';
import test from 'ava';
import { type Answer, type BytesAnswer, jsonAnswer, type SlicedAnswer, withHeaders } from '../../src/answers/answer.ts';
import { CodedForms } from '../../src/answers/coded-forms.ts';
import { inCoding, withForms } from '../../src/answers/compress.ts';
import { ByteBudget } from '../../src/flow-control/byte-budget.ts';

const request = { headers: { 'accept-encoding': 'gzip' } } as unknown as IncomingMessage;
const text = jsonAnswer(JSON.stringify('x'.repeat(5000)));
/** Its form is longer than those that are not counted while they are sent. */
const long = jsonAnswer(JSON.stringify(randomBytes(20_000).toString('hex')));
const mebibyte = 1024 ** 2;

function sliced(): SlicedAnswer & { readonly released: () => number } {
  let released = 0;
  const release = () => {
    released++;
  };
  return {
    ...{ kind: 'slices', status: 200, headers: [], slices: [], onCut: () => {}, release },
    released: () => released,
  };
}

const isCoded = ({ headers }: Answer) => headers.includes('Content-Encoding');

test('a stream counts from its beginning to its end; when half of the memory is in use, others go as they are', async (t) => {
  const budget = new ByteBudget(4 * mebibyte);
  const streams: SlicedAnswer[] = [];
  for (let i = 0; i < 20; i++) streams.push((await inCoding(request, sliced(), budget)) as SlicedAnswer);
  const coded = streams.filter(isCoded);
  t.is(coded.length, 4);
  t.is(budget.bytes, 2 * mebibyte);
  t.is(await inCoding(request, long, budget), long);
  for (const { release } of coded) release();
  t.is(budget.bytes, 0);
  const given = sliced();
  ((await inCoding(request, given, budget)) as SlicedAnswer).release();
  t.is(given.released(), 1);
});

test('what is compressed counts while it is made and while it is sent; what is kept ready once for all', async (t) => {
  const budget = new ByteBudget(4 * mebibyte);
  const parts = [randomBytes(10_000), randomBytes(10_000)];
  const forms = new CodedForms();
  const ready: BytesAnswer = { kind: 'bytes', status: 200, headers: [], parts, length: 20_000, forms, release() {} };
  const answers = Array.from({ length: 20 }, (_, i) => inCoding(request, i % 2 === 0 ? long : ready, budget));
  t.is(budget.bytes, 3 * (mebibyte / 2 + 64 * 1024), 'two texts, and what is ready once');
  const done = await Promise.all(answers);
  const sent = done.filter(isCoded) as BytesAnswer[];
  t.is(sent.length, 2 + 10);
  const [ofText, ofParts] = sent;
  t.is(gunzipSync(Buffer.concat(ofText?.parts ?? [])).toString(), long.text);
  t.true(gunzipSync(Buffer.concat(ofParts?.parts ?? [])).equals(Buffer.concat(parts)));
  t.is(budget.bytes, 2 * (ofText?.length ?? 0) + (ofParts?.length ?? 0));
  for (const { release } of sent) release();
  t.is(budget.bytes, 0);
});

test('a text that is kept ready is compressed once, and its form is left out of short ones', async (t) => {
  const budget = new ByteBudget(4 * mebibyte);
  const kept = withForms(long);
  const first = (await inCoding(request, kept, budget)) as BytesAnswer;
  const second = (await inCoding(request, withHeaders(kept, ['ETag', '"7"']), budget)) as BytesAnswer;
  t.is(gunzipSync(Buffer.concat(first.parts)).toString(), long.text);
  t.true(second.parts === first.parts);
  t.is(second.headers[1], '"7-gzip"');
  const other = (await inCoding(request, long, budget)) as BytesAnswer;
  t.true(other.parts !== first.parts);
  const short = jsonAnswer('["a"]');
  t.is(withForms(short), short);
  t.is(inCoding(request, short, budget), short);
});

test('a short form goes out as a text of latin1, at once when it is there, with a length and a tag of its own', async (t) => {
  const budget = new ByteBudget(4 * mebibyte);
  const kept = withForms(withHeaders(text, ['ETag', '"7"']));
  const first = await inCoding(request, kept, budget);
  const second = inCoding(request, kept, budget);
  t.deepEqual(second, first);
  if (first.kind !== 'text') return t.fail(first.kind);
  const bytes = Buffer.from(first.text, 'latin1');
  t.is(gunzipSync(bytes).toString(), text.text);
  t.is(first.encoding, 'latin1');
  const headers = Object.fromEntries(first.headers.map((name, i) => [name, first.headers[i + 1]]));
  t.like(headers, { ETag: '"7-gzip"', 'Content-Encoding': 'gzip', 'Content-Length': String(bytes.length) });
  t.is(first.headers.filter((name) => name === 'Content-Length').length, 1);
  t.is(budget.bytes, 0);
});

test('what is ready and too large to be kept is compressed on its way; without room for that it goes as it is', async (t) => {
  const budget = new ByteBudget(48 * mebibyte);
  const parts = Array.from({ length: 10 }, () => randomBytes(mebibyte));
  let released = 0;
  const release = () => {
    released++;
  };
  const forms = new CodedForms();
  const headers = ['ETag', '"7"', 'Content-Length', String(10 * mebibyte)];
  const ready: BytesAnswer = { kind: 'bytes', status: 200, headers, parts, length: 10 * mebibyte, forms, release };
  for (let i = 0; i < 2; i++) {
    const answer = (await inCoding(request, ready, budget)) as SlicedAnswer;
    t.is(budget.bytes, mebibyte / 2, 'what is compressed on its way counts as that');
    t.like(answer, { kind: 'slices', coding: 'gzip', headers: ['ETag', '"7-gzip"', 'Content-Encoding', 'gzip'] });
    t.true(answer.slices === parts);
    answer.release();
  }
  t.deepEqual([released, budget.bytes], [2, 0]);
  const full = budget.hold(47 * mebibyte);
  t.is(await inCoding(request, ready, budget), ready);
  full?.release();
});
