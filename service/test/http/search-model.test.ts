/** Every combination of what chooses keys, on `/search` and `/`, whole, counted and by page, against a plain Map. */
import fc from 'fast-check';
import { anyKey, anySearch } from '../support/arbitraries.ts';
import { type Answer, call, nextTarget, set } from '../support/call.ts';
import { PairModel } from '../support/pair-model.ts';
import { type Service, startService } from '../support/start-service.ts';
import { contractTest } from '../support/store-kinds.ts';

/** The answers from one link to the next; without a limit there is one. */
async function pagesFrom(service: Service, first: string, headers: Record<string, string>): Promise<Answer[]> {
  const pages: Answer[] = [];
  for (let target: string | undefined = first; target !== undefined; ) {
    const answer = await call(service, target, { headers });
    if (answer.status !== 200) throw new Error(`${target}: ${answer.text}`);
    pages.push(answer);
    target = nextTarget(answer);
  }
  return pages;
}

/** What a JSON answer lists, apart: keys with the texts of their values, and prefixes. */
interface Listed {
  readonly keys: string[];
  readonly prefixes: string[];
}

function listed(text: string, isFolded: boolean): Listed {
  const body = JSON.parse(text);
  const { prefixes } = isFolded ? body : { prefixes: [] };
  const inside = isFolded ? (body.keys ?? body.pairs) : body;
  // As they were written: an object of JavaScript puts keys that are numbers first.
  const names = [...text.matchAll(/("(?:[^"\\]|\\.)*"):"v"/g)].map(([, name = '']) => JSON.parse(name));
  return { keys: Array.isArray(inside) ? inside : names, prefixes };
}

const lines = { Accept: 'application/x-ndjson' };

contractTest('any search and dump: whole, counted and by page, they find what a plain Map finds', async (t, kind) => {
  const service = await startService(t, kind);
  const model = new PairModel();
  const run = fc.asyncProperty(
    fc.array(anyKey, { minLength: 1, maxLength: 12 }),
    fc.array(anySearch, { minLength: 1, maxLength: 3 }),
    fc.integer({ min: 1, max: 5 }),
    async (keys, searches, limit) => {
      await set(service, Object.fromEntries(keys.map((key) => [key, 'v'])));
      for (const key of keys) model.values.set(key, '"v"');
      for (const { delimiter, ...filter } of searches) {
        const items = model.keys({ ...filter, delimiter });
        const isPrefix = (item: string) =>
          delimiter !== undefined && item.slice(filter.prefix?.length ?? 0).includes(delimiter);
        const asked = { ...filter, delimiter };
        const query = new URLSearchParams();
        for (const [name, value] of Object.entries(asked)) if (value !== undefined) query.set(name, String(value));
        const isSearch = ['prefix', 'suffix', 'contains', 'delimiter'].some((name) => query.has(name));
        for (const target of isSearch
          ? [`/search?${query}`, `/search?values=true&${query}`, `/?${query}`]
          : [`/?${query}`]) {
          for (const each of [target, `${target}&limit=${limit}`]) {
            const pages = await pagesFrom(service, each, {});
            const all = pages.map(({ text }) => listed(text, delimiter !== undefined));
            t.deepEqual(
              all.flatMap((page) => page.keys),
              items.filter((item) => !isPrefix(item)),
              each,
            );
            t.deepEqual(
              all.flatMap((page) => page.prefixes),
              items.filter(isPrefix),
              each,
            );
            const sizes = all.map((page) => page.keys.length + page.prefixes.length);
            if (each !== target)
              t.true(
                sizes.slice(0, -1).every((size) => size === limit),
                each,
              );
            if (each === target) t.is(pages.length, 1);
            const etag = String(pages[0]?.headers.etag);
            const again = await call(service, each, { headers: { 'If-None-Match': etag } });
            t.is(again.status, 304, each);
          }
          if (target.includes('values')) continue;
          t.is((await call(service, `${target}&count=true`)).text, `{"count":${items.length}}`, target);
        }
        for (const target of [`/?${query}`, `/?${query}&limit=${limit}`]) {
          const pages = await pagesFrom(service, target, lines);
          const found = pages.flatMap(({ text }) =>
            text
              .split('\n')
              .slice(0, -1)
              .map((line) => JSON.parse(line)),
          );
          t.deepEqual(
            found.map(({ key, prefix }) => key ?? prefix),
            items,
            target,
          );
          t.deepEqual(
            found.map(({ prefix }) => prefix !== undefined),
            items.map(isPrefix),
            target,
          );
        }
      }
    },
  );
  await fc.assert(run, { numRuns: 40 });
});
