/**
 * Baseline: node:http with nothing behind it. Answers with the same bytes, once the request is read: each request with its
 * own where there are several, as what stores values has to. Arguments: a file with the answers, a port, and "traced" for a span
 * of each request.
 */
import { readFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { FixedAnswer } from './raw.ts';

const [, , file = '', port = '0', isTraced] = process.argv;
const answers = (JSON.parse(readFileSync(file, 'utf8')) as FixedAnswer[]).map(({ path, status, headers, body }) => {
  const fixed: Record<string, string> = {};
  for (let i = 0; i < headers.length; i += 2) fixed[headers[i] ?? ''] = headers[i + 1] ?? '';
  fixed['Content-Length'] = String(Buffer.byteLength(body));
  // The faster way for each: a short text goes out in one piece with the headers, a long one need not be encoded again.
  return { path, status, fixed, content: body.length > 16_384 ? Buffer.from(body) : body };
});
const [first] = answers;
if (first === undefined) throw new Error(`${file} has no answer`);
const only = answers.length === 1 ? first : undefined;
const byPath = new Map(answers.map((answer) => [answer.path, answer]));

const listener: RequestListener = (request, response) => {
  const answer = () => {
    const { status, fixed, content } = only ?? byPath.get(request.url ?? '') ?? first;
    response.writeHead(status, fixed);
    response.end(content);
  };
  if (request.method === 'GET') answer();
  else request.resume().once('end', answer);
};
// The SDK is loaded where it is wanted alone.
const served = isTraced === undefined ? listener : (await import('./traced.ts')).traced(listener);

createServer({ keepAliveTimeout: 100_000 }, served).listen(Number(port), '127.0.0.1');
