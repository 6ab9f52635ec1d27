/** What an overload comes to, and which promises it broke. */
import { quantile } from '../../test-support/quantile.ts';
import type { Exchange } from './exchange.ts';
import type { LoadReport } from './load-report.ts';

/** What somebody saw who is not part of the load. */
export interface Seen {
  readonly count: number;
  /** By status or error. */
  readonly outcomes: Readonly<Record<string, number>>;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
  readonly worst: number;
}

export interface Summary {
  readonly seconds: number;
  /** Requests a second that are answered when no more are sent. */
  readonly capacity: number;
  readonly overload: LoadReport;
  /** An ordinary client, while it lasted. */
  readonly client: Seen;
  /** Before, meanwhile and after. */
  readonly probes: Seen;
  /** Resident, in MiB; 0 where that is not known. */
  readonly memory: { readonly before: number; readonly most: number; readonly after: number };
  /** Milliseconds: a p99 that counts as normal. */
  readonly normal: number;
  /** Milliseconds until the ordinary client was served as before; undefined: it never was. */
  readonly recovery: number | undefined;
}

/** Milliseconds, for half of the refusals: the first ones wait until the server has taken all connections. */
const quickRefusal = 500;
/** Milliseconds: how long Kubernetes waits for a probe of a service's pod. */
const probeTimeout = 5000;
/** MiB: 10,000 requests that wait, 128 MiB of bodies, and what the garbage collector has not got to. */
const memoryGrowth = 512;
/** Milliseconds. */
const recoveryBar = 2000;

export function timesOf(exchanges: readonly Exchange[]): Seen {
  const times = exchanges.map(({ took }) => took);
  const time = (q: number) => quantile(times, q) ?? 0;
  const outcomes = Map.groupBy(exchanges, ({ outcome }) => String(outcome));
  return {
    count: exchanges.length,
    outcomes: Object.fromEntries([...outcomes].map(([outcome, list]) => [outcome, list.length])),
    ...{ p50: time(0.5), p99: time(0.99), worst: time(1) },
  };
}

/** A line for each promise that was broken. */
export function brokenPromises({ overload, client, probes, memory, recovery }: Summary): string[] {
  const { withoutRetryAfter, refused, others } = overload;
  const strange = Object.keys(client.outcomes).filter((outcome) => outcome !== '200' && outcome !== '503');
  const promises: readonly (readonly [string, boolean])[] = [
    [`every answer is a 200 or a 503: ${JSON.stringify(others)}`, Object.keys(others).length === 0],
    [`and so is every one to an ordinary client: ${strange.join(', ')}`, strange.length === 0],
    [`each 503 has Retry-After: ${withoutRetryAfter} had none`, withoutRetryAfter === 0],
    [`a refusal is quick: p50 ${milliseconds(refused.p50)}`, refused.p50 <= quickRefusal],
    [`probes are answered with 200: ${JSON.stringify(probes.outcomes)}`, probes.outcomes['200'] === probes.count],
    [`and before Kubernetes gives up: ${milliseconds(probes.worst)}`, probes.worst <= probeTimeout],
    [`memory is bounded: ${memory.before.toFixed()} MiB became ${memory.most.toFixed()}`, !grew(memory)],
    [`recovery takes at most 2 s: ${recoveryText(recovery)}`, recovery !== undefined && recovery <= recoveryBar],
  ];
  return promises.filter(([, kept]) => !kept).map(([promise]) => promise);
}

function grew({ before, most }: Summary['memory']): boolean {
  return most - before > memoryGrowth;
}

export function summaryText(summary: Summary): string {
  const { seconds, capacity, overload, client, probes, memory, normal, recovery } = summary;
  const { offered, answered, refused, withoutRetryAfter, others } = overload;
  const rate = offered / seconds;
  const spread = ({ p50, p99 }: { p50: number; p99: number }) => `p50 ${milliseconds(p50)}, p99 ${milliseconds(p99)}`;
  return [
    `capacity: ${capacity.toFixed()} a second`,
    `offered: ${offered} in ${seconds} s, ${rate.toFixed()} a second, ${(rate / capacity).toFixed(1)} times the capacity`,
    `answered with 200: ${answered.count} (${(answered.count / seconds).toFixed()} a second), ${spread(answered)}`,
    `refused with 503: ${refused.count}, ${spread(refused)}; without Retry-After: ${withoutRetryAfter}`,
    `anything else: ${JSON.stringify(others)}`,
    `an ordinary client meanwhile: ${JSON.stringify(client.outcomes)}, ${spread(client)}, worst ${milliseconds(client.worst)}`,
    `probes: ${JSON.stringify(probes.outcomes)}, ${spread(probes)}, worst ${milliseconds(probes.worst)}`,
    `resident memory: ${memory.before.toFixed()} MiB before, ${memory.most.toFixed()} at the most, ${memory.after.toFixed()} after`,
    `recovery: ${recoveryText(recovery)} (a second's requests all 200, p99 within ${milliseconds(normal)})`,
  ].join('\n');
}

function recoveryText(recovery: number | undefined): string {
  return recovery === undefined ? 'never seen' : milliseconds(recovery);
}

function milliseconds(value: number): string {
  return `${value.toFixed(value < 10 ? 1 : 0)} ms`;
}
