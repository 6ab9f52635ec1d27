import test from 'ava';
import { preferred } from '../../src/requests/media-types.ts';
import { prometheusAccepts } from '../support/prometheus-accepts.ts';

const plain = { type: 'text/plain', version: '0.0.4' };
const open = { type: 'application/openmetrics-text', version: '1.0.0' };
const json = { type: 'application/json' };
const lines = { type: 'application/x-ndjson' };

for (const [name, accept] of Object.entries(prometheusAccepts)) {
  test(`${name} gets OpenMetrics where there is some, else its text format`, (t) => {
    t.is(preferred(accept, [plain, open]), open);
    t.is(preferred(accept, [plain]), plain);
  });
}

const wishes: readonly (readonly [string | undefined, typeof plain | undefined])[] = [
  [undefined, plain],
  ['', undefined],
  ['*/*', plain],
  ['text/*', plain],
  ['application/openmetrics-text', open],
  ['application/openmetrics-text; charset=utf-8', open],
  ['Application/OpenMetrics-Text;Version="1.0.0"', open],
  ['application/openmetrics-text;version=0.0.1', undefined],
  ['application/openmetrics-text;version=0.0.1, */*;q=0.1', plain],
  ['application/openmetrics-text;q=0, */*', plain],
  ['application/openmetrics-text;q=0.2,text/plain;q=0.3', plain],
  ['text/plain;q=0.2,application/*;q=0.3', open],
  ['*/*;q=1,text/plain;q=0.5', open],
  ['text/plain;q=nonsense', undefined],
  ['text/plain;q=1.5', undefined],
  ['image/png', undefined],
];
for (const [accept, expected] of wishes) {
  test(`Accept: ${accept}`, (t) => t.is(preferred(accept, [plain, open]), expected));
}

test('lines are sent to who asks for them, with whatever parameters', (t) => {
  for (const accept of [
    'application/x-ndjson',
    'application/x-ndjson;charset=utf-8',
    'application/x-ndjson, */*;q=0.1',
  ]) {
    t.is(preferred(accept, [json, lines]), lines, accept);
  }
  for (const accept of ['application/json', '*/*', 'application/*', 'application/json, application/x-ndjson;q=0.9']) {
    t.is(preferred(accept, [json, lines]), json, accept);
  }
});
