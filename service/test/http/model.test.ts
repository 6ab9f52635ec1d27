import fc from 'fast-check';
import { anyFilter, anyKey, escapedKey, jsonTokens, spaced, whiteSpace } from '../support/arbitraries.ts';
import { call, get, nextTarget, set } from '../support/call.ts';
import { PairModel } from '../support/pair-model.ts';
import { type Service, startService } from '../support/start-service.ts';
import { contractTest } from '../support/store-kinds.ts';

const write = fc.record({ key: anyKey, escaped: fc.boolean(), tokens: jsonTokens });

const filter = fc.record(
  { prefix: anyFilter, suffix: anyFilter, after: anyKey, limit: fc.integer({ min: 1, max: 7 }) },
  { requiredKeys: [] },
);

/** The items of all pages; without a limit there is one page. */
async function follow<T>(service: Service, first: string, items: (text: string) => T[]): Promise<T[]> {
  const found: T[] = [];
  for (let target: string | undefined = first; target !== undefined; ) {
    const answer = await call(service, target);
    if (answer.status !== 200) throw new Error(answer.text);
    found.push(...items(answer.text));
    target = nextTarget(answer);
  }
  return found;
}

contractTest('any keys and values: get, search and dump agree with a plain Map', async (t, kind) => {
  const service = await startService(t, kind);
  // The store grows from run to run, and so does the model: nothing here removes a key.
  const model = new PairModel();
  const run = fc.asyncProperty(
    fc.array(write, { minLength: 1, maxLength: 8 }),
    whiteSpace,
    fc.array(filter, { minLength: 1, maxLength: 3 }),
    async (writes, spaces, filters) => {
      const members = writes.map(({ key, escaped, tokens }) => [
        escaped ? escapedKey(key) : JSON.stringify(key),
        ':',
        ...tokens,
      ]);
      const body = ['{', ...members.flatMap((member, i) => (i === 0 ? member : [',', ...member])), '}'];
      const written = new PairModel();
      for (const { key, tokens } of writes) written.values.set(key, tokens.join(''));

      const answer = await set(service, spaces[0] + spaced(body, spaces));
      t.is(answer.status, 200, answer.text);
      t.is(answer.text, written.text([...written.values.keys()]));
      for (const [key, value] of written.values) model.values.set(key, value);

      for (const [key, value] of written.values) {
        const { text, headers } = await get(service, key);
        t.is(text, value);
        t.is(headers.etag, answer.headers.etag);
      }
      const keys = [...written.values.keys()];
      const batch = await call(service, '/get', { body: JSON.stringify(keys) });
      t.is(batch.text, written.text(keys));
      t.is(batch.headers.etag, answer.headers.etag);
      const dump = await call(service, '/');
      t.is(dump.text, model.text());
      t.is(dump.headers.etag, answer.headers.etag);

      for (const { limit, ...wanted } of filters) {
        const query = new URLSearchParams();
        for (const [name, value] of Object.entries({ limit, ...wanted })) {
          if (value !== undefined) query.set(name, String(value));
        }
        if (wanted.prefix !== undefined || wanted.suffix !== undefined) {
          const keys = await follow<string>(service, `/search?${query}`, JSON.parse);
          t.deepEqual(keys, model.keys(wanted), `${query}`);
        }
        const { after } = wanted;
        query.delete('prefix');
        query.delete('suffix');
        const pages = await follow(service, `/?${query}`, (text) => (text === '{}' ? [] : [text.slice(1, -1)]));
        t.is(`{${pages.join(',')}}`, model.text(model.keys({ after })), `${query}`);
      }
    },
  );
  await fc.assert(run, { numRuns: 60 });
});
