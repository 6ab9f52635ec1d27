import test from 'ava';
import { isSameShape, isSubset, listsToReplace } from '../../src/apply/subset.ts';

const cases: readonly [title: string, wanted: unknown, actual: unknown, is: boolean][] = [
  ['what the server added does not count', { a: 1 }, { a: 1, b: 2 }, true],
  ['another value', { a: 1 }, { a: 2 }, false],
  ['a missing value', { a: 1 }, {}, false],
  ['an empty object that the server leaves out', { a: {} }, {}, true],
  ['an object with content that is missing', { a: { b: 1 } }, {}, false],
  ['an empty list that the server leaves out', { a: [] }, {}, false],
  ['defaults inside the items of a list', [{ a: 1 }], [{ a: 1, b: 2 }], true],
  ['a longer list', [1], [1, 2], false],
  ['another order', [1, 2], [2, 1], false],
  ['a list and an object', [1], { 0: 1 }, false],
  ['a field that is not wanted', { a: undefined }, {}, true],
];
for (const [title, wanted, actual, is] of cases) {
  test(title, (t) => t.is(isSubset(wanted, actual), is));
}

test('the outermost list that does not fit is replaced as a whole, the rest is left out', (t) => {
  const wanted = { spec: { a: [{ name: 'x', env: [1] }], b: [1], c: { d: 2 } } };
  const actual = { spec: { a: [{ name: 'x', env: [1, 2] }], b: [1], c: { d: 3 } } };
  t.deepEqual(listsToReplace(wanted, actual, isSameShape), { spec: { a: wanted.spec.a } });
  t.is(listsToReplace(wanted, wanted, isSubset), undefined);
});
