/** Long values that are kept: their bytes are sent to all clients. */
import test from 'ava';
import { call, set } from '../support/call.ts';
import { startService } from '../support/start-service.ts';
import { storeKinds } from '../support/store-kinds.ts';

// Which store answers makes no difference here.
const [kind] = storeKinds as [(typeof storeKinds)[number]];

test('a long value that is kept is answered as one that is not, until it is written', async (t) => {
  const kept = await startService(t, kind);
  const notKept = await startService(t, kind, { answerCache: 0 });
  for (const value of ['x'.repeat(20_000), 'ü'.repeat(20_000), '🎈'.repeat(20_000), { a: Array(9000).fill(1) }]) {
    const answers = [];
    for (const service of [kept, notKept]) {
      await set(service, { long: value });
      for (let i = 0; i < 3; i++) answers.push(await shown(service, 'GET'), await shown(service, 'HEAD'));
    }
    const [get, head] = answers;
    t.deepEqual(JSON.parse(get?.text ?? ''), value);
    t.is(head?.text, '');
    for (const [i, answer] of answers.entries()) t.deepEqual(answer, i % 2 === 0 ? get : head);
  }
});

/** Without what differs from one store to the other, and from one second to the next. */
async function shown(service: { readonly port: number }, method: string) {
  const { status, headers, text } = await call(service, '/get/long', { method });
  const { date, etag, ...others } = headers;
  return { status, others, text, hasTag: etag !== undefined, isDated: date !== undefined };
}
