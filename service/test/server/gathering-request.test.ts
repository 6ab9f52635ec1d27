import { Socket } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { GatheringRequest } from '../../src/server/gathering-request.ts';

/** As the parser does it. */
function request(t: ExecutionContext): GatheringRequest {
  const socket = new Socket();
  t.teardown(() => socket.destroy());
  return new GatheringRequest(socket);
}

test('tiny pieces that nobody reads yet are held in blocks, and none is lost', async (t) => {
  const arriving = request(t);
  let sent = '';
  for (let i = 0; i < 50_000; i++) {
    const piece = String(i % 10);
    sent += piece;
    arriving.push(Buffer.from(piece));
  }
  arriving.push(null);
  t.deepEqual([arriving.smallPieces, arriving.bytesOfBody], [50_000, 50_000]);
  const read: Buffer[] = [];
  for await (const piece of arriving) read.push(piece as Buffer);
  t.is(Buffer.concat(read).toString(), sent);
  t.true(read.length < 100, `${read.length} pieces`);
});

test('small and large pieces come in their order, however they are mixed', async (t) => {
  const arriving = request(t);
  const sizes = Array.from({ length: 500 }, (_, i) => (i % 7 === 0 ? 5000 : (i * 37) % 1100));
  const pieces = sizes.map((size, i) => Buffer.alloc(size, i));
  for (const piece of pieces) if (piece.length > 0) arriving.push(piece);
  arriving.push(null);
  const read: Buffer[] = [];
  for await (const piece of arriving) read.push(piece as Buffer);
  t.deepEqual(Buffer.concat(read), Buffer.concat(pieces));
});
