/** An entity tag stands for one value, also when other clients write in the same instant. */
import type { ExecutionContext } from 'ava';
import { type Answer, call, get, set } from '../support/call.ts';
import { type Service, startService } from '../support/start-service.ts';
import { contractTest } from '../support/store-kinds.ts';

interface Told {
  readonly etag: string;
  /** The value of each key that the write put. */
  readonly put: ReadonlyMap<string, string>;
}

function told(answer: Answer, put: ReadonlyMap<string, string>): Told {
  return { etag: answer.headers.etag ?? '', put };
}

/** Sends at once what each body says; the tags that were handed out. */
async function write(t: ExecutionContext, service: Service, bodies: readonly Record<string, number>[], query = '') {
  return await Promise.all(
    bodies.map(async (body) => {
      const answer = await call(service, `/set${query}`, { body: JSON.stringify(body) });
      t.is(answer.status, 200, answer.text);
      return told(answer, new Map(Object.entries(body).map(([key, value]) => [key, String(value)])));
    }),
  );
}

/** A tag never holds for another's value, as a validator of reads or as a condition; it does while all of its write stands. */
async function check(t: ExecutionContext, service: Service, writes: readonly Told[]): Promise<void> {
  for (const { etag, put } of writes) {
    const current = await Promise.all([...put.keys()].map((key) => get(service, key)));
    const stands = [...put.values()].every((value, i) => current[i]?.text === value);
    for (const [i, [key, value]] of [...put].entries()) {
      if (stands) t.is(current[i]?.headers.etag, etag);
      if (current[i]?.headers.etag === etag) t.is(current[i]?.text, value, `${etag} of ${key}`);
      const again = await get(service, key, { headers: { 'If-None-Match': etag } });
      if (again.status === 304) t.is(current[i]?.text, value, `${etag} as a validator of ${key}`);
    }
  }
  for (const { etag, put } of writes) {
    for (const [key, value] of put) {
      const before = await get(service, key);
      const answer = await set(service, { [key]: -1 }, { headers: { 'If-Match': etag } });
      t.is(answer.status, before.headers.etag === etag ? 200 : 412);
      if (answer.status === 200) t.is(before.text, value, `${etag} as a condition of ${key}`);
    }
  }
}

const callers = [0, 1, 2, 3, 4, 5, 6, 7];

contractTest('callers who set one key at once are told different versions, of which one holds', async (t, kind) => {
  const service = await startService(t, kind);
  for (let round = 0; round < 25; round++) {
    await check(
      t,
      service,
      await write(
        t,
        service,
        callers.map((caller) => ({ hot: 100 * round + caller })),
      ),
    );
  }
});

contractTest(
  'sets that overlap in part are told a version that holds only where all of theirs stands',
  async (t, kind) => {
    const service = await startService(t, kind);
    for (let round = 0; round < 15; round++) {
      const bodies = callers.map((caller) => {
        const value = 100 * round + caller;
        return { [`k${caller % 3}`]: value, [`k${(caller + round) % 4}`]: value, [`own${caller}`]: value };
      });
      await check(t, service, await write(t, service, bodies, round % 2 === 0 ? '' : '?ttl=1000'));
    }
  },
);

contractTest(
  'a set and a deletion of one key at once: the tag of either holds for nothing of the other',
  async (t, kind) => {
    const service = await startService(t, kind);
    for (let round = 0; round < 15; round++) {
      const deletions = callers.map(async (caller) => {
        const body = JSON.stringify(['hot', `other${caller % 2}`]);
        const { headers } = await call(service, '/delete', { body });
        return headers.etag ?? '';
      });
      const sets = write(
        t,
        service,
        callers.map((caller) => ({ hot: 100 * round + caller })),
      );
      const others = write(t, service, [{ [`other${round % 2}`]: round }]);
      const tags = await Promise.all(deletions);
      for (const key of ['hot', 'other0', 'other1']) {
        const { headers } = await get(service, key);
        for (const tag of tags) t.not(headers.etag, tag, 'a deletion put no value');
      }
      for (const { etag, put } of [...(await sets), ...(await others)]) {
        for (const [key, value] of put) {
          const { text, headers } = await get(service, key);
          if (headers.etag === etag) t.is(text, value);
        }
      }
    }
  },
);
