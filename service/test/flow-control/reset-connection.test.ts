/** Of a connection that cannot be reset at the moment. */
import { Socket } from 'node:net';
import test from 'ava';
import { resetConnection } from '../../src/flow-control/reset-connection.ts';

interface State {
  readonly writableEnded: boolean;
  readonly writableFinished: boolean;
  readonly writableLength: number;
}

/** What Node does to the connection below. */
function resetIn(state: State): readonly string[] {
  const done: string[] = [];
  const socket = new Socket();
  const handle = {
    close: () => done.push('closed'),
    reset() {
      done.push('reset');
      return 0;
    },
  };
  Object.assign(socket, { _handle: handle });
  for (const [name, value] of Object.entries(state)) Object.defineProperty(socket, name, { value });
  resetConnection(socket);
  return done;
}

test('a connection is reset whatever waits, but is closed while its end is with the system', (t) => {
  const open = { writableEnded: false, writableFinished: false, writableLength: 0 };
  t.deepEqual(resetIn(open), ['reset']);
  t.deepEqual(resetIn({ ...open, writableLength: 1 }), ['reset']);
  t.deepEqual(resetIn({ ...open, writableEnded: true, writableLength: 1 }), ['reset'], 'the end waits behind it');
  t.deepEqual(resetIn({ ...open, writableEnded: true }), ['closed']);
  t.deepEqual(resetIn({ ...open, writableEnded: true, writableFinished: true }), ['reset']);
});
