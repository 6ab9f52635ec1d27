/** The round of docs/clients.md with the client of openapi-generator's typescript-fetch: the service's URL is the first argument. */
import { deepEqual, equal, ok } from 'node:assert/strict';
import { Configuration, ProblemFromJSON, ReadingApi, ResponseError, WritingApi } from './client';

async function round(basePath: string | undefined): Promise<void> {
  const configuration = new Configuration({ basePath });
  const [reading, writing] = [new ReadingApi(configuration), new WritingApi(configuration)];
  const pairs = { 'fetch-1': 1, 'fetch-2': { list: [1, 'two'] } };
  const written = await writing.setPairsRaw({ requestBody: pairs });
  deepEqual(await written.value(), pairs);
  deepEqual(await reading.getValue({ key: 'fetch-2' }), { list: [1, 'two'] });
  deepEqual(await reading.getValues({ requestBody: ['fetch-1', 'never'] }), { 'fetch-1': 1 });
  deepEqual(await reading.searchKeys({ prefix: 'fetch-' }), ['fetch-1', 'fetch-2']);
  deepEqual(await reading.searchKeys({ prefix: 'fetch-', values: true }), pairs);
  deepEqual(await reading.searchKeys({ prefix: 'fetch-', count: true }), { count: 2 });
  deepEqual(await reading.dumpPairs({}), pairs);
  const ifMatch = written.raw.headers.get('ETag') ?? '';
  deepEqual(await writing.setPairs({ requestBody: { 'fetch-1': 2 }, ifMatch }), { 'fetch-1': 2 });
  const refused = await writing.setPairs({ requestBody: { 'fetch-1': 3 }, ifMatch }).catch((error: unknown) => error);
  ok(refused instanceof ResponseError);
  equal(refused.response.status, 412);
  equal(ProblemFromJSON(await refused.response.json()).code, 'precondition-failed');
  const gone = await writing.deleteKeys({ requestBody: ['fetch-1', 'fetch-2'] });
  equal(gone.deleted, 2);
}

round(process.argv[2]).catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
