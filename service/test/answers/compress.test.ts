/** What compressing holds while it lasts, and what happens when there is no room for it. */
import type { IncomingMessage } from 'node:http';
import { gunzipSync } from 'node:zlib';
import test from 'ava';
import { type Answer, type BytesAnswer, jsonAnswer, type SlicedAnswer } from '../../src/answers/answer.ts';
import { inCoding } from '../../src/answers/compress.ts';
import { ByteBudget } from '../../src/server/byte-budget.ts';

const request = { headers: { 'accept-encoding': 'gzip' } } as unknown as IncomingMessage;
const text = jsonAnswer(JSON.stringify('x'.repeat(5000)));
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
  t.is(await inCoding(request, text, budget), text);
  for (const { release } of coded) release();
  t.is(budget.bytes, 0);
  const given = sliced();
  ((await inCoding(request, given, budget)) as SlicedAnswer).release();
  t.is(given.released(), 1);
});

test('texts and what is kept ready count while they are compressed, a text then as its own bytes', async (t) => {
  const budget = new ByteBudget(4 * mebibyte);
  const parts = [Buffer.from('a'.repeat(3000)), Buffer.from('b'.repeat(3000))];
  const ready: BytesAnswer = { kind: 'bytes', status: 200, headers: [], parts, length: 6000, release: () => {} };
  const answers = Array.from({ length: 20 }, (_, i) => inCoding(request, i % 2 === 0 ? text : ready, budget));
  t.is(budget.bytes, 2 * mebibyte);
  const done = await Promise.all(answers);
  t.is(done.filter(isCoded).length, 4);
  t.is(budget.bytes, 0);
  const [ofText, ofParts] = done as BytesAnswer[];
  t.like(ofText, { isOwn: true });
  t.is(gunzipSync(Buffer.concat(ofText?.parts ?? [])).toString(), text.text);
  t.is(ofParts?.isOwn, undefined);
  t.is(gunzipSync(Buffer.concat(ofParts?.parts ?? [])).toString(), 'a'.repeat(3000) + 'b'.repeat(3000));
});
