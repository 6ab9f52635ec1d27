/** For each kind of thing a client may do: clients that do their worst within the limits as shipped. */
import { randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { type Address, exchange } from '../overload/exchange.ts';

export interface Attack {
  /** A connection that sends this and reads nothing. */
  send(...parts: readonly (string | Buffer)[]): void;
  /** POST /set; resolves with the status, whatever it is. */
  set(pairs: Readonly<Record<string, unknown>>): Promise<number>;
}

const mebibyte = 1024 ** 2;
export const large = 'x'.repeat(mebibyte - 100);
export const host = 'HTTP/1.1\r\nHost: localhost\r\n';
const post = (headers: string) => `POST /set ${host}${headers}\r\n\r\n`;

/** Each over a connection of its own; never rejects: NaN when there was no answer. */
export const setAt =
  (address: Address): Attack['set'] =>
  async (pairs) =>
    Number((await exchange(address, { path: '/set', body: JSON.stringify(pairs) }, false)).outcome);

const largeValues = 20;

/** What the attacks ask for: 21 values of a mebibyte, and 40,000 keys. */
export async function fill(set: Attack['set']): Promise<void> {
  const must = async (pairs: Readonly<Record<string, unknown>>) => {
    const status = await set(pairs);
    if (status !== 200) throw new Error(`The store cannot be filled: ${status}`);
  };
  for (let i = 0; i < largeValues; i++) await must({ [`pair${i}`]: large });
  await must({ large });
  for (let i = 0; i < 40; i++) {
    const numbers = Array.from({ length: 1000 }, (_, j) => 1000 * i + j);
    await must(Object.fromEntries(numbers.map((n) => [n % 2 === 0 ? `a${n}-x` : `b${n}-S`, n])));
  }
}

/** Reads of one value after the other: the service has them ready no longer than until as many others were read. */
const readsFrom = (first: number, count: number) =>
  Array.from({ length: count }, (_, i) => `GET /get/pair${(first + i) % largeValues} ${host}\r\n`).join('');

export const worstClients: Readonly<Record<string, (attack: Attack) => Promise<void> | void>> = {
  'requests: 100 connections send 600 reads of a mebibyte ahead': ({ send }) => {
    for (let i = 0; i < 100; i++) send(readsFrom(i, 600));
  },
  'answers: 400 connections read a mebibyte eight times and take none': ({ send }) => {
    for (let i = 0; i < 400; i++) send(readsFrom(i, 8));
  },
  'bodies: 300 compressed ones without their end': ({ send }) => {
    const body = gzipSync(JSON.stringify({ a: large }));
    for (let i = 0; i < 300; i++) {
      send(post(`Content-Encoding: gzip\r\nContent-Length: ${body.length}`), body.subarray(0, -1));
    }
  },
  'bodies: 100 without their last byte, and 20 in pieces of one byte': ({ send }) => {
    const body = JSON.stringify({ a: large });
    for (let i = 0; i < 100; i++) send(post(`Content-Length: ${body.length}`), body.slice(0, -1));
    const pieces = '1\r\nx\r\n'.repeat(100_000);
    for (let i = 0; i < 20; i++) send(post('Transfer-Encoding: chunked'), pieces);
  },
  'bodies: 150 sets of a mebibyte at once, three times': ({ send }) => {
    const body = JSON.stringify({ a: large });
    const request = post(`Content-Length: ${body.length}`) + body;
    for (let i = 0; i < 150; i++) send(request, request, request);
  },
  'watches: 200 that read nothing of 40 sets of a mebibyte': async ({ set, send }) => {
    for (let i = 0; i < 200; i++) send(`GET /watch ${host}\r\n`);
    for (let i = 0; i < 40; i++) await set({ watched: large });
  },
  'dumps: 60 that read nothing, one after the other, with sets between them': async ({ set, send }) => {
    for (let i = 0; i < 60; i++) {
      send(`GET / ${host}\r\n`);
      if (i % 3 === 0) await set({ [`pair${i % 20}`]: `${i}${large.slice(9)}` });
    }
  },
  'searches: 200 with large values, and 400 through all keys': ({ send }) => {
    for (let i = 0; i < 200; i++) send(`GET /search?prefix=pair&values=true ${host}\r\n`);
    for (let i = 0; i < 400; i++) send(`GET /search?prefix=a&suffix=-S&limit=${i + 1} ${host}\r\n`);
  },
  'pages: 150 of 10,000 keys of a kibibyte each': async ({ set, send }) => {
    // Each ends at another key, so that none is kept for the next one.
    const name = (i: number) => `long${String(i).padStart(5, '0')}${'y'.repeat(1000)}`;
    for (let i = 0; i < 20; i++) {
      await set(Object.fromEntries(Array.from({ length: 500 }, (_, j) => [name(500 * i + j), 1])));
    }
    for (let i = 0; i < 150; i++) send(`GET /search?contains=y&limit=${9850 + i} ${host}\r\n`);
  },
  'compressed answers: 700 searches with values that do not shrink, and 600 that do': async ({ set, send }) => {
    // Far more than the system takes for a connection, in values of 2 KB.
    for (let i = 0; i < 12; i++) {
      const values = Array.from({ length: 400 }, (_, j) => [`random${i}-${j}`, randomBytes(1500).toString('base64')]);
      await set(Object.fromEntries(values));
    }
    const gzip = `${host}Accept-Encoding: gzip\r\n`;
    for (let i = 0; i < 700; i++) send(`GET /search?prefix=random&values=true ${gzip}\r\n`);
    for (let i = 0; i < 600; i++) send(`GET /search?prefix=a&limit=${2000 + i} ${gzip}\r\n`.repeat(20));
  },
  'compressed dumps: 60 that read nothing, in two codings, with sets of what does not shrink between them': async ({
    set,
    send,
  }) => {
    const random = () => randomBytes((3 * mebibyte) / 4 - 100).toString('base64');
    for (let i = 0; i < 20; i++) await set({ [`pair${i}`]: random() });
    for (let i = 0; i < 60; i++) {
      send(`GET / ${host}Accept-Encoding: ${i % 2 === 0 ? 'gzip' : 'zstd'}\r\n\r\n`);
      if (i % 3 === 0) await set({ [`pair${i % 20}`]: random() });
    }
  },
  'connections: 3000 that send nothing': ({ send }) => {
    for (let i = 0; i < 3000; i++) send();
  },
  'headers: 2000 of nearly 16 KiB without their end': ({ send }) => {
    for (let i = 0; i < 2000; i++) send(`GET / ${host}X: ${'x'.repeat(16_000)}`);
  },
  'metrics: 400 connections scrape 500 times ahead': ({ send }) => {
    for (let i = 0; i < 400; i++) send(`GET /metrics ${host}\r\n`.repeat(500));
  },
};
