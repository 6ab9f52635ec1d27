/** Baseline: node:http with nothing behind it. Answers each request with the same bytes, once the request is read. */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { FixedAnswer } from './raw.ts';

const [, , file = '', port = '0'] = process.argv;
const { status, headers, body } = JSON.parse(readFileSync(file, 'utf8')) as FixedAnswer;
// The faster way for each: a short text goes out in one piece with the headers, a long one need not be encoded again.
const content = body.length > 16_384 ? Buffer.from(body) : body;
const fixed: Record<string, string> = {};
for (let i = 0; i < headers.length; i += 2) fixed[headers[i] ?? ''] = headers[i + 1] ?? '';
fixed['Content-Length'] = String(Buffer.byteLength(body));

createServer({ keepAliveTimeout: 100_000 }, (request, response) => {
  const answer = () => {
    response.writeHead(status, fixed);
    response.end(content);
  };
  if (request.method === 'GET') answer();
  else request.resume().once('end', answer);
}).listen(Number(port), '127.0.0.1');
