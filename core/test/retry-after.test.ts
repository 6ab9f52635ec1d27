import test from 'ava';
import { parseRetryAfter } from '../src/retry-after.js';

const now = Date.parse('2026-01-01T00:00:00Z');

test('seconds, or a date', (t) => {
  t.is(parseRetryAfter('0', now), 0);
  t.is(parseRetryAfter('3', now), 3000);
  t.is(parseRetryAfter('Thu, 01 Jan 2026 00:00:10 GMT', now), 10_000);
  t.is(parseRetryAfter('Thursday, 01-Jan-26 00:00:10 GMT', now), 10_000);
});

test('a date that has passed is now', (t) => {
  t.is(parseRetryAfter('Wed, 31 Dec 2025 00:00:00 GMT', now), 0);
});

test('none, and what is neither, is undefined', (t) => {
  for (const header of [undefined, null, '', 'soon', '3s', '-3', '1.5', '1234567890123', 'NaN']) {
    t.is(parseRetryAfter(header, now), undefined, String(header));
  }
});
