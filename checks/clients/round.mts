/** The round of docs/clients.md with the generated TypeScript client: the service's URL is the first argument. */
import assert from 'node:assert/strict';
import createClient from 'openapi-fetch';
import type { paths } from './client.d.ts';

const client = createClient<paths>({ baseUrl: process.argv[2] });
const written = await client.POST('/set', { body: { 'ts-1': 1, 'ts-2': { list: [1, 'two'] } } });
assert.equal(written.response.status, 200);
const value = await client.GET('/get/{key}', { params: { path: { key: 'ts-2' } } });
assert.deepEqual(value.data, { list: [1, 'two'] });
const found = await client.GET('/search', { params: { query: { prefix: 'ts-' } } });
assert.deepEqual(found.data, ['ts-1', 'ts-2']);
const dump = await client.GET('/');
assert.deepEqual(dump.data, { 'ts-1': 1, 'ts-2': { list: [1, 'two'] } });
const tag = written.response.headers.get('ETag') ?? '';
for (const status of [200, 412]) {
  const again = await client.POST('/set', { params: { header: { 'If-Match': tag } }, body: { 'ts-1': 2 } });
  assert.equal(again.response.status, status);
  if (status === 412) assert.equal(again.error?.code, 'precondition-failed');
}
const gone = await client.POST('/delete', { body: ['ts-1', 'ts-2'] });
assert.equal(gone.data?.deleted, 2);
