import test from 'ava';
import { differences, type Held } from './view.ts';

const view = (pairs: Readonly<Record<string, string>>, expired?: number) => ({
  ...{ tag: '"t-7"', timeline: 't', revision: 7, expired },
  pairs: new Map(Object.entries(pairs).map(([key, value]): [string, Held] => [key, { value, expires: undefined }])),
});
const copy = (pairs: Readonly<Record<string, Held>>) => new Map(Object.entries(pairs));
const stays = { value: '1', expires: undefined };
const goes = { value: '1', expires: 500 };

test('the same', (t) => {
  t.deepEqual(differences(copy({ a: stays }), view({ a: '1' })), []);
});

test('what has expired may be hidden, or may not have been told', (t) => {
  t.deepEqual(differences(copy({ 'brief-1': goes }), view({}, 500)), []);
  t.deepEqual(differences(copy({ 'brief-1': { value: '1', expires: 'unknown' } }), view({})), []);
  t.deepEqual(differences(copy({}), view({ 'brief-1': '1' })), []);
});

for (const [what, mine, theirs] of [
  ['lost in the copy', {}, view({ a: '1' })],
  ['too much in the copy', { a: stays }, view({})],
  ['another value', { a: stays }, view({ a: '2' })],
  ['hidden before its time', { 'brief-1': goes }, view({}, 499)],
  ['hidden without a word', { 'brief-1': goes }, view({})],
  ['another value of a key that expires', { 'brief-1': goes }, view({ 'brief-1': '2' })],
] as const) {
  test(`a difference: ${what}`, (t) => t.is(differences(copy(mine), theirs).length, 1));
}
