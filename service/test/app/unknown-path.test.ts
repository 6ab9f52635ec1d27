/** A 404 for a wrong path helps: it lists the paths, and says which one was probably meant. */
import test from 'ava';
import { unknownPath } from '../../src/app/unknown-path.ts';
import { assertProblem } from '../support/assert-problem.ts';
import { call } from '../support/call.ts';
import { startService } from '../support/start-service.ts';
import { contractTest } from '../support/store-kinds.ts';

const paths = ['/', '/get/{key}', '/get', '/set', '/search', '/watch', '/openapi.json', '/ui'];
const meant = (path: string) => / Did you mean (\S+)\?/.exec(unknownPath(path, paths).message)?.[1];

test('the nearest path is named when one is near', (t) => {
  const near: Readonly<Record<string, string>> = {
    ...{ '/serach': '/search', '/search/': '/search', '/Search': '/search', '//set': '/set', '/sets': '/set' },
    ...{ '/Get/a': '/get/{key}', '/gte/a/b': '/get/{key}', '//get/a': '/get/{key}', '/ge': '/get', '//': '/' },
    ...{ '/openapi.yml': '', '/openapi.jsn': '/openapi.json', '/u': '/ui', '/x': '', '/keys/a': '', '/%67et/a': '' },
  };
  for (const [path, expected] of Object.entries(near)) t.is(meant(path) ?? '', expected, path);
});

test('a long path is cut, and takes no time', (t) => {
  const { message } = unknownPath(`/${'x'.repeat(16_000)}`, paths);
  t.true(message.length < 300);
});

contractTest('it lists the paths of the API', async (t, kind) => {
  const service = await startService(t, kind);
  const detail = assertProblem(t, await call(service, '/serach?prefix=a'), 'unknown-path');
  t.regex(detail, /^There is no path \/serach\. Did you mean \/search\? Paths are exact: \/, /);
  for (const path of ['/get/{key}', '/get', '/set', '/search', '/delete', '/transaction', '/watch']) {
    t.true(detail.includes(path), path);
  }
  t.regex(assertProblem(t, await call(service, '/doc'), 'unknown-path'), /Did you mean \/docs\?/);
  const odd = assertProblem(t, await call(service, '/%22%3Cb%3E'), 'unknown-path');
  t.regex(odd, /^There is no path /);
});
