/** Answers with our type and an ETag of our form that are not this API's all the same, such as those of a proxy that rewrites paths. */
import { createServer } from 'node:http';
import test from 'ava';
import { listen } from '../../test-support/network/listen.ts';
import { runCli } from './support/in-process.ts';

const bodies = ['[1,2,3]', '1', 'null', '"text"', '{"a":"b"}', '[["a"]]', '{"key":"other","value":1,"revision":7}'];

/** By command: the bodies that it cannot tell from its own answer. */
const commands: readonly (readonly [args: readonly string[], believed?: RegExp])[] = [
  [['get', 'a/b']],
  [['get', 'a', 'b']],
  [['set', 'a', '1'], /^\{/],
  [['delete', 'a']],
  [['incr', 'a']],
  [['transaction']],
  [['import'], /^\{/],
  [['search', '--prefix', '']],
  [['search', '--prefix', '', '--values'], /^\{/],
  [['search', '--prefix', '', '--delimiter', '/']],
  [['search', '--prefix', '', '--delimiter', '/', '--values']],
  [['whoami']],
];

for (const [args, believed] of commands) {
  test(`${args.join(' ')}: an answer of another shape is not believed`, async (t) => {
    let body = '';
    const server = createServer((request, response) => {
      request.resume();
      const type = request.headers.accept === 'application/x-ndjson' ? 'application/x-ndjson' : 'application/json';
      response.writeHead(200, { 'Content-Type': type, ETag: '"k3f9a2xq-7"' }).end(body);
    });
    const url = `http://127.0.0.1:${await listen(server)}`;
    t.teardown(() => {
      server.closeAllConnections();
      server.close();
    });
    const input = args[0] === 'import' ? '{"key":"a","value":1}\n' : '{"set":{"a":1}}';
    for (body of bodies.filter((each) => believed?.test(each) !== true)) {
      const { code, stdout, stderr } = await runCli(args, { url, input });
      t.deepEqual({ code, stdout }, { code: 9, stdout: '' }, `${body}: ${stderr}`);
      t.true(stderr.includes(`not a KvStore at ${url}/: it answers 200 with application/`), stderr);
      t.true(stderr.includes(JSON.stringify(body)), stderr);
    }
  });
}
