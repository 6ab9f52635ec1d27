/** One reader for the console, the command line and the tests: whatever is cut, no change is doubled or lost. */
import { createServer } from 'node:http';
import { EventStream, longestSilence, type ServerEvent } from '@kvstore/core/event-stream.js';
import test from 'ava';
import fc from 'fast-check';
import { Client } from '../../../cli/src/client/client.ts';
import { CliError, exitCodes } from '../../../cli/src/exit-codes.ts';
import { watchPairs } from '../../../cli/src/pairs/watch-pairs.ts';
import { listen } from '../../../test-support/network/listen.ts';

/** A stream as the service sends it: its start, events, heartbeats with newer positions, several events of a revision. */
const blocks = [
  ': watching\nid: k3f9a2xq-6\n\n',
  'event: set\nid: k3f9a2xq-7.0\ndata: {"key":"é","value":"😀","revision":7}\n\n',
  'event: set\nid: k3f9a2xq-7\ndata: {"key":"b","value":1.0,"revision":7}\n\n',
  ': alive\nid: k3f9a2xq-90\n\n',
  'event: delete\nid: k3f9a2xq-91\ndata: {"key":"b","revision":91}\n\n',
  ': alive\nid: k3f9a2xq-91\n\n',
  'event: set\nid: k3f9a2xq-92\ndata: {"key":"c","value":{"a":[1]},"revision":92}\n\n',
  ': alive\nid: k3f9a2xq-99\n\n',
];
const bytes = Buffer.from(blocks.join(''));
const whole = read([bytes]).events;

/** What the reader makes of pieces of bytes, decoded as a stream is. */
function read(pieces: readonly Uint8Array[], last = ''): { events: ServerEvent[]; last: string } {
  const [stream, decoder] = [new EventStream(last), new TextDecoder()];
  const events = pieces.flatMap((piece) => stream.push(decoder.decode(piece, { stream: true })));
  return { events, last: stream.lastEventId };
}

/** What the service sends to a client that goes on behind an id. */
function behind(id: string): Buffer {
  const at = blocks.findLastIndex((block) => block.includes(`id: ${id}\n`));
  return Buffer.from(blocks.slice(at + 1).join(''));
}

test('cut at every byte, and gone on behind the last id: each event once', (t) => {
  t.is(whole.length, 4);
  for (let cut = 0; cut <= bytes.length; cut++) {
    const first = read([bytes.subarray(0, cut)]);
    const rest = read([behind(first.last)], first.last);
    t.deepEqual([...first.events, ...rest.events], whole, `cut at ${cut}`);
  }
});

test('in pieces of any size, with any ends of lines', (t) => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1 }),
      fc.constantFrom('\n', '\r\n', '\r'),
      (sizes, end) => {
        const text = Buffer.from(blocks.join('').replaceAll('\n', end));
        const pieces: Buffer[] = [];
        for (let at = 0, i = 0; at < text.length; i++) {
          const size = sizes[i % sizes.length] ?? 1;
          pieces.push(text.subarray(at, at + size));
          at += size;
        }
        // The last CR may be half of a CRLF.
        t.deepEqual(read([...pieces, Buffer.from('\n')]).events, whole);
      },
    ),
  );
});

test('as the standard says: ids of blocks without data, ids that stay, NUL, several lines of data, a byte order mark', (t) => {
  const of = (text: string) => read([Buffer.from(text)]);
  t.deepEqual(of('id: 1\n\n'), { events: [], last: '1' });
  t.deepEqual(of('id: 1\n'), { events: [], last: '' }, 'a block that is not whole does not count');
  t.deepEqual(of('id: 1\n\ndata: x\n\n').events, [{ event: 'message', id: '1', data: 'x' }]);
  t.is(of('id: 1\n\nid: a\0b\n\n').last, '1');
  t.is(of('id: 1\n\nid\n\n').last, '');
  t.deepEqual(of('\ufeffdata:x\ndata: y\ndata\n\n').events, [{ event: 'message', id: '', data: 'x\ny\n' }]);
  t.deepEqual(of('event: set\n\ndata: x\n\n').events, [{ event: 'message', id: '', data: 'x' }]);
  t.deepEqual(of(': data: no\nDATA: no\nunknown: no\n\n').events, []);
});

test('a stream is dead after three heartbeats, by what the service says of them', (t) => {
  t.is(longestSilence('0.1'), 300);
  t.is(longestSilence('15'), 45_000);
  for (const wrong of [undefined, null, '', 'soon', '-1', '1e9', 'undefined']) t.is(longestSilence(wrong), 45_000);
});

/** Serves the stream to each connection from where it goes on, and cuts the first one. */
async function cutAt(cut: number): Promise<{ readonly url: URL; readonly opened: readonly string[]; close(): void }> {
  const opened: string[] = [];
  const server = createServer((request, response) => {
    const id = String(request.headers['last-event-id'] ?? '');
    opened.push(id);
    response.writeHead(200, { 'Content-Type': 'text/event-stream' });
    if (opened.length > 1) response.write(id === '' ? bytes : behind(id));
    else if (cut === 0) setImmediate(() => response.destroy());
    else response.write(bytes.subarray(0, cut), () => setImmediate(() => response.destroy()));
  });
  const port = await listen(server);
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  return { url: new URL(`http://127.0.0.1:${port}`), opened, close };
}

test('the command line: cut at every byte, each change is printed once', async (t) => {
  const data = whole.map((event) => event.data);
  for (let cut = 0; cut < bytes.length; cut++) {
    const { url, close } = await cutAt(cut);
    const end = new AbortController();
    const printed: string[] = [];
    const { signal } = end;
    const client = new Client({
      ...{
        url,
        signal,
        tls: () => ({}),
        token: () => undefined,
        idleTimeout: 60_000,
        retryTime: 60_000,
        random: () => 0,
      },
      onWait: () => {},
      clock: { now: () => 0, sleep: async () => {} },
    });
    const watching = watchPairs(client, {
      async take(line) {
        printed.push(line);
        if (printed.length >= data.length) setImmediate(() => end.abort(new CliError('enough', exitCodes.interrupted)));
      },
      onGap: () => t.fail(),
    });
    await t.throwsAsync(watching, { message: 'enough' });
    t.deepEqual(printed, data, `cut at ${cut}`);
    client.close();
    close();
  }
});
