/** Large bodies that end in the same turn of the event loop are parsed in several. */
import { Socket } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { ByteBudget } from '../../../src/flow-control/byte-budget.ts';
import { EventLoopScheduler } from '../../../src/flow-control/event-loop-scheduler.ts';
import { bodyReader } from '../../../src/requests/body/body.ts';
import { GatheringRequest } from '../../../src/requests/body/gathering-request.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const maxBytes = 1024 ** 2;
const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

/** A reader over a clock that moves by 6 ms with each body that is read. */
function setUp(t: ExecutionContext) {
  const clock = new ManualClock();
  const scheduler = new EventLoopScheduler(clock);
  const read = bodyReader({ maxBytes, maxWait: 60_000, scheduler });
  const limits = { maxBytes, budget: new ByteBudget(64 * maxBytes) };
  const parsed: string[] = [];
  const send = (name: string, size: number, headers: Readonly<Record<string, string>>) => {
    const socket = new Socket();
    t.teardown(() => socket.destroy());
    const request = new GatheringRequest(socket, limits);
    Object.assign(request.headers, headers);
    void read(request).then(({ length }) => {
      t.is(length, size);
      parsed.push(name);
      clock.pass(6);
    });
    request.push(Buffer.alloc(size));
    request.complete = true;
    request.push(null);
  };
  return { scheduler, parsed, send };
}

for (const [what, headersOf] of [
  ['of known length', (size: number) => ({ 'content-length': String(size) })],
  ['in chunks', () => ({ 'transfer-encoding': 'chunked' })],
] as const) {
  test(`large bodies ${what}: few in a turn, small ones and short pieces in between`, async (t) => {
    const { scheduler, parsed, send } = setUp(t);
    for (let i = 0; i < 6; i++) {
      send('large', 100_000, headersOf(100_000));
      // What reads it goes on in promises, before the next connection is read.
      for (let j = 0; j < 10; j++) await undefined;
    }
    t.true(parsed.length <= 2, `${parsed.length} in one turn`);
    send('small', 1000, headersOf(1000));
    scheduler.wait(() => parsed.push('short'));
    while (parsed.length < 8) await nextTurn();
    t.true(parsed.indexOf('small') <= 2, parsed.join());
    t.true(parsed.indexOf('short') <= 4, parsed.join());
  });
}
