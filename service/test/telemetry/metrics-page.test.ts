import test from 'ava';
import { Gauge, Registry } from 'prom-client';
import { metricsPage } from '../../src/telemetry/metrics-page.ts';

function counted(maxAge: number) {
  const registry = new Registry();
  let made = 0;
  new Gauge({
    name: 'made',
    help: 'How often.',
    registers: [registry],
    collect() {
      this.set(++made);
    },
  });
  const clock = { now: 5000 };
  return { clock, page: metricsPage({ registry, maxAge, now: () => clock.now }), made: () => made };
}

test('the text is made at most once in its time, for all who ask at once and one after the other', async (t) => {
  const { clock, page, made } = counted(1000);
  const texts = await Promise.all(Array.from({ length: 50 }, () => page.plain()));
  t.is(made(), 1);
  t.is(new Set(texts).size, 1);
  clock.now += 999;
  await page.plain();
  t.is(made(), 1);
  clock.now += 1;
  t.regex((await page.plain()).text, /^made 2$/m);
  t.regex((await page.open()).text, /^made 3$/m, 'the other format is another text');
  await page.open();
  t.is(made(), 3);
});

test('a text that cannot be made is tried again', async (t) => {
  const registry = new Registry();
  let isBroken = true;
  new Gauge({
    name: 'broken',
    help: 'At first.',
    registers: [registry],
    collect() {
      if (isBroken) throw new Error('broken');
    },
  });
  const page = metricsPage({ registry, maxAge: 1000, now: () => 0 });
  await t.throwsAsync(page.plain(), { message: 'broken' });
  isBroken = false;
  t.regex((await page.plain()).text, /broken 0/);
});
