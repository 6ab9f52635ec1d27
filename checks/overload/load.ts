/**
 * A process that loads the service: as many requests as it answers, one after the other on each connection, or so many a
 * second whether they are answered or not. Options as JSON in its argument; prints what it saw as JSON.
 */
import { Agent } from 'node:http';
import { quantile } from '../../test-support/quantile.ts';
import { type Exchange, exchange, now } from './exchange.ts';
import type { LoadOptions, LoadReport } from './load-report.ts';
import { costly } from './requests.ts';

const { port, seconds, rate, connections } = JSON.parse(process.argv[2] ?? '') as LoadOptions;
const agent = new Agent({ keepAlive: true });
const seen: Exchange[] = [];
const end = now() + seconds * 1000;
let sent = 0;
let open = 0;

async function send(): Promise<void> {
  const request = costly[sent++ % costly.length];
  if (request === undefined) return;
  open++;
  seen.push(await exchange({ port }, request, agent));
  open--;
}

if (rate === undefined) {
  await Promise.all(
    Array.from({ length: connections }, async () => {
      while (now() < end) await send();
    }),
  );
} else {
  await new Promise<void>((resolve) => {
    const start = now();
    const timer = setInterval(() => {
      const due = Math.floor(((Math.min(now(), end) - start) / 1000) * rate);
      while (sent < due && open < connections) void send();
      // What no connection was left for is not made up for later.
      sent = Math.max(sent, due);
      if (now() < end) return;
      clearInterval(timer);
      resolve();
    }, 2);
  });
}
const lastSent = now();
while (open > 0) await new Promise((resolve) => setTimeout(resolve, 10));
agent.destroy();

const answered = seen.filter(({ outcome }) => outcome === 200).map(({ took }) => took);
const refusals = seen.filter(({ outcome }) => outcome === 503);
const refused = refusals.map(({ took }) => took);
const others = seen.filter(({ outcome }) => outcome !== 200 && outcome !== 503);
const times = (values: readonly number[]) => ({ p50: quantile(values, 0.5) ?? 0, p99: quantile(values, 0.99) ?? 0 });
const report: LoadReport = {
  offered: seen.length,
  lastSent,
  answered: { count: answered.length, ...times(answered) },
  refused: { count: refused.length, ...times(refused) },
  withoutRetryAfter: refusals.filter(({ retryAfter }) => !retryAfter).length,
  others: Object.fromEntries(
    [...Map.groupBy(others, ({ outcome }) => String(outcome))].map(([outcome, list]) => [outcome, list.length]),
  ),
};
process.stdout.write(JSON.stringify(report));
