import { EventEmitter } from 'node:events';
import type { ServerResponse } from 'node:http';
import { mock } from 'node:test';
import test from 'ava';
import { sendBeforeBody } from '../../src/server/send-before-body.ts';

const answer = { status: 413, headers: [], text: 'too large', encoding: 'latin1' } as never;

/** A request whose connection ends with it, and whose body is on its way. */
function underWay() {
  const request = Object.assign(new EventEmitter(), {
    ...{ complete: false, headers: { 'content-length': '100' }, received: 0 },
    unpipe() {},
    resume() {},
  });
  let ends = 0;
  const response = Object.assign(new EventEmitter(), {
    ...{ req: request, destroyed: false, shouldKeepAlive: false },
    writeHead() {},
    write() {},
    end: () => ends++,
  });
  return { request, response: response as unknown as ServerResponse, ended: () => ends };
}

test.serial(
  'a connection that ends with a refused request stays while some of its body comes, and for 5 s more',
  (t) => {
    mock.timers.enable({ apis: ['setInterval'] });
    t.teardown(() => mock.timers.reset());
    const { request, response, ended } = underWay();
    sendBeforeBody(response, answer);
    for (let second = 0; second < 20; second++) {
      request.received++;
      mock.timers.tick(1000);
    }
    t.is(ended(), 0);
    mock.timers.tick(10_000);
    t.is(ended(), 1);
  },
);

test.serial('it ends with the body', (t) => {
  mock.timers.enable({ apis: ['setInterval'] });
  t.teardown(() => mock.timers.reset());
  const { request, response, ended } = underWay();
  sendBeforeBody(response, answer);
  request.emit('end');
  mock.timers.tick(10_000);
  t.is(ended(), 1);
});
