import type { Profiler } from 'node:inspector';
import test from 'ava';
import { collector, layers, native, node, sharesOf } from './attribute.ts';

function profileOf(samples: readonly (readonly [functionName: string, url: string])[]): Profiler.Profile {
  const nodes = samples.map(([functionName, url], i) => ({
    id: i + 1,
    callFrame: { functionName, url, scriptId: '1', lineNumber: 0, columnNumber: 0 },
  }));
  return { nodes, samples: nodes.map(({ id }) => id), startTime: 0, endTime: 1 };
}

test('samples count for the layer of the folder, package or part of Node that they fall on', (t) => {
  const src = 'file:///somewhere/service/src';
  const shares = sharesOf(
    profileOf([
      ['(root)', ''],
      ['(idle)', ''],
      ['(garbage collector)', ''],
      ['writev', ''],
      ['parserOnHeadersComplete', 'node:_http_common'],
      ['answer', `${src}/caches/answer-cache.ts`],
      ['getValue', `${src}/operations/get.ts`],
      ['next', 'file:///somewhere/node_modules/koa/lib/application.js'],
      ['get', 'file:///somewhere/node_modules/lmdb/read.js'],
      ['main', 'file:///somewhere/bench/layers/serve.ts'],
    ]),
  );
  t.deepEqual(Object.fromEntries(shares), {
    [collector]: 1 / 8,
    [native]: 1 / 8,
    [node]: 1 / 8,
    'operation, caches': 2 / 8,
    'Koa, router': 1 / 8,
    store: 1 / 8,
    other: 1 / 8,
  });
  for (const layer of shares.keys()) t.true(layers.includes(layer), layer);
});

test('a profile without samples has no shares', (t) => {
  t.is(sharesOf({ nodes: [], startTime: 0, endTime: 1 }).size, 0);
});
