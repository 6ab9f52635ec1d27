import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { overloaded, Problem, type ProblemCode } from '@kvstore/core/problem.ts';
import test from 'ava';
import type { Context } from 'koa';
import pino from 'pino';
import type { Answer, TextAnswer } from '../../src/answers/answer.ts';
import { sendText } from '../../src/answers/send.ts';
import { answerProblems } from '../../src/app/answer-problems.ts';

test('a problem that has no room is answered as other long answers are, and counts as that', async (t) => {
  const counted: ProblemCode[] = [];
  const send = (response: ServerResponse, answer: Answer): undefined => {
    if ((answer as TextAnswer).text.length > 16_384) throw overloaded('Too many answers wait for their clients.');
    sendText(response, answer as TextAnswer);
  };
  const layer = answerProblems(
    {
      ...{ send, log: pino({ level: 'silent' }), audit: undefined },
      metrics: { problem: (code: ProblemCode) => counted.push(code) },
    },
    ({ req }) => {
      throw new Problem('precondition-failed', 'x'.repeat(req.url === '/long' ? 20_000 : 10));
    },
  );
  const server = createServer((req, res) => void layer({ req, res } as unknown as Context, async () => {}));
  t.teardown(() => server.close());
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const statusOf = async (path: string) => {
    const { port } = server.address() as AddressInfo;
    return (await fetch(`http://127.0.0.1:${port}${path}`)).status;
  };
  t.is(await statusOf('/short'), 412);
  t.is(await statusOf('/long'), 503);
  t.deepEqual(counted, ['precondition-failed', 'overloaded']);
});
