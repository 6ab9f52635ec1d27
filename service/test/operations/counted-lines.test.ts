import { call, set } from '../support/call.ts';
import { startService } from '../support/start-service.ts';
import { contractTest } from '../support/store-kinds.ts';

const lines = { headers: { Accept: 'application/x-ndjson' } };

contractTest('lines end with their count when the request asks for it', async (t, kind) => {
  const service = await startService(t, kind);
  const textOf = async (target: string) => (await call(service, target, lines)).text;
  t.is(await textOf('/?count=true'), '{"count":0}\n');
  await set(service, { a: 1, b: 2, c: 3 });
  const plain = await textOf('/');
  t.is(await textOf('/?count=true'), `${plain}{"count":3}\n`);
  t.is(await textOf('/?count=true'), `${plain}{"count":3}\n`, 'also when it is kept ready');
  t.is(await textOf('/?count=false'), plain);
  t.is((await textOf('/?count=true&limit=2')).split('\n').at(-2), '{"count":2}');
  t.is((await textOf('/?count=true&after=b')).split('\n').at(-2), '{"count":1}');
  t.is((await call(service, '/?count=maybe', lines)).status, 400);
  t.is((await call(service, '/?count=true')).text, '{"count":3}', 'without lines, the number alone');
});
