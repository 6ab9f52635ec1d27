import test from 'ava';
import { type ExpiringKey, firstValue, judge, keptValue, type Span } from './history.ts';

const key = 'expiring-1';
/** Set between 100 and 110 for a second: its deadline lies between 1100 and 1110. */
const own: ExpiringKey = { key, ttl: 1000, set: { start: 100, end: 110 }, kept: undefined };

interface Case {
  readonly of?: Partial<ExpiringKey>;
  readonly read: readonly [start: number, end: number, value: 'first' | 'kept' | 'gone' | 'other'];
  readonly jumps?: readonly Span[];
}

const values = { first: firstValue(key), kept: keptValue(key), other: '"?"', gone: undefined };
const judged = ({ of = {}, read: [start, end, value], jumps = [] }: Case) =>
  judge({ keys: [{ ...own, ...of }], reads: [{ key, start, end, value: values[value] }] }, jumps);

const kept = { start: 500, end: 510 };
const right: Readonly<Record<string, Case>> = {
  'shown before': { read: [200, 210, 'first'] },
  'shown to who asked in the last moment': { read: [1109, 1300, 'first'] },
  'gone after': { read: [1050, 1100, 'gone'] },
  'set to stay': { of: { kept }, read: [2000, 2010, 'kept'] },
  'still as before while it is set to stay': { of: { kept }, read: [505, 520, 'first'] },
  'gone while it is set to stay': { of: { kept: { start: 1090, end: 1200 } }, read: [1150, 1160, 'gone'] },
};
for (const [what, one] of Object.entries(right)) {
  test(`as it should be: ${what}`, (t) => t.deepEqual(judged(one), { violations: [], judged: 1 }));
}

const silent: Readonly<Record<string, Case>> = {
  'gone while it was set': { read: [105, 120, 'gone'] },
  'shown late, a clock had jumped': { read: [1200, 1210, 'first'], jumps: [{ start: 1205, end: 1206 }] },
  'shown late, a clock had jumped when it was set': { read: [1200, 1210, 'first'], jumps: [{ start: 0, end: 100 }] },
  'shown late, soon after a jump': { read: [1200, 1210, 'first'], jumps: [{ start: 300, end: 400 }] },
  'gone early, a clock had jumped since': { read: [800, 810, 'gone'], jumps: [{ start: 300, end: 400 }] },
};
for (const [what, one] of Object.entries(silent)) {
  test(`says nothing: ${what}`, (t) => t.deepEqual(judged(one), { violations: [], judged: 0 }));
}

const wrong: Readonly<Record<string, Case>> = {
  'shown after the deadline': { read: [1110, 1120, 'first'] },
  'shown after the deadline, a clock had jumped between': {
    ...{ read: [1500, 1510, 'first'], jumps: [{ start: 300, end: 400 }] },
  },
  'gone before the deadline': { read: [1050, 1099, 'gone'] },
  'gone before, a clock jumped later': { read: [1050, 1099, 'gone'], jumps: [{ start: 1100, end: 1200 }] },
  'set to stay, and gone': { of: { kept }, read: [2000, 2010, 'gone'] },
  'set to stay, and as before': { of: { kept }, read: [520, 530, 'first'] },
  'another value': { read: [200, 210, 'other'] },
  'a value that was never set': { read: [200, 210, 'kept'] },
};
for (const [what, one] of Object.entries(wrong)) {
  test(`a violation: ${what}`, (t) => t.is(judged(one).violations.length, 1));
}
