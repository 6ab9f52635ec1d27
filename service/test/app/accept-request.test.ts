/** Requests of a connection whose client certificate holds no more. */
import type { IncomingMessage } from 'node:http';
import { TLSSocket } from 'node:tls';
import test from 'ava';
import { acceptRequest } from '../../src/app/accept-request.ts';
import { retire } from '../../src/flow-control/connection-marks.ts';
import { splitTarget } from '../../src/requests/target.ts';

test('a request that waited for its turn while the authority was withdrawn is refused; a probe is not', (t) => {
  const socket = Object.assign(Object.create(TLSSocket.prototype) as TLSSocket, { authorized: true });
  const request = { headers: { host: 'x' }, rawHeaders: ['Host', 'x'], httpVersion: '1.1', socket };
  const accept = (target: string) =>
    acceptRequest(undefined, undefined, true)(request as unknown as IncomingMessage, splitTarget(target));
  t.notThrows(() => accept('/set'));
  retire(socket);
  t.throws(() => accept('/set'), { message: /needs a client certificate/ });
  t.notThrows(() => accept('/readyz'));
});
