/** Baseline: node:http over a writer that makes each request durable before it begins the next one. */
import { mkdirSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { KeyIndex } from '../../../service/src/store/index/key-index.ts';

const [, , how = 'index', directory = '', port = '0'] = process.argv;
mkdirSync(directory, { recursive: true });
const write = how === 'index' ? indexWriter() : await logWriter();

let last: Promise<void> = Promise.resolve();
createServer(async (request, response) => {
  const body = await text(request);
  last = last.then(() => write(body));
  await last;
  response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) });
  response.end(body);
}).listen(Number(port), '127.0.0.1');

function indexWriter() {
  const index = new KeyIndex({ directory, durable: true });
  return (body: string) =>
    index.transact((writer) => {
      const revision = index.revision() + 1;
      for (const [key, value] of Object.entries(JSON.parse(body))) writer.put(key, JSON.stringify(value), revision);
      writer.setRevision(revision);
    });
}

async function logWriter() {
  const file = await open(join(directory, 'log'), 'a');
  return async (body: string) => {
    await file.write(`${body}\n`);
    await file.datasync();
  };
}
