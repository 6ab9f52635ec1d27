/** The load where there is no wrk: its options in a file, what it saw on standard output. */
import { readFile } from 'node:fs/promises';
import autocannon from 'autocannon';
import type { LoadOptions } from './requests.ts';

const [, , file = ''] = process.argv;
const options = JSON.parse(await readFile(file, 'utf8')) as LoadOptions;
const { requests, latency, errors, non2xx } = await autocannon({
  url: `http://127.0.0.1:${options.port}`,
  connections: options.connections,
  duration: options.seconds,
  requests: options.requests.map(({ path, body }) =>
    body === undefined
      ? { method: 'GET', path }
      : { method: 'POST', path, body, headers: { 'content-type': 'application/json' } },
  ),
});
const figures = { rate: requests.average, p50: latency.p50, p99: latency.p99, errors: errors + non2xx };
process.stdout.write(JSON.stringify(figures));
