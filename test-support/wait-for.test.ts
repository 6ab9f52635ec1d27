import test from 'ava';
import { waitFor } from './wait-for.ts';

test('the first result that is neither undefined nor false, whatever was before', async (t) => {
  const results = [undefined, false, new Error('not there'), 0, 1];
  const next = () => {
    const result = results.shift();
    if (result instanceof Error) throw result;
    return result;
  };
  t.is(await waitFor('a number', next, { interval: 0 }), 0);
});

test('too late: what was awaited, and what was seen last', async (t) => {
  const cause = new Error('2 pods');
  const fails = waitFor('3 pods', () => Promise.reject(cause), { timeout: 0 });
  const error = await t.throwsAsync(fails, { message: '3 pods: not within 0 ms; last: 2 pods' });
  t.is(error?.cause, cause);
});
