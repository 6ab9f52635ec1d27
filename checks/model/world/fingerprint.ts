/**
 * 64 bits that stand for a world: the same for worlds that can do the same, whichever replica is which (symmetry) and
 * whenever it is.
 */
import { type Entry, type Node, pairOf, type Scope, type World } from './world.ts';

export interface Fingerprint {
  readonly high: number;
  readonly low: number;
}

/** Steps change few parts of a world: the fingerprints of the others stay. */
const ofNodes = new WeakMap<Node, Fingerprint>();
const ofLogs = new WeakMap<readonly Entry[], Fingerprint>();

export function fingerprint(world: World, { duration, wait }: Scope): Fingerprint {
  const { log, compacted, history, restoredAt, timeline, down, nodes, late, lateKeys, cut, floor, spent } = world;
  const parts = nodes.map((node) => cached(ofNodes, node, () => nodeText(node, duration, wait)));
  const order = parts.map((_, i) => i).sort((a, b) => compare(parts[a] as Fingerprint, parts[b] as Fingerprint));
  const hash = new Hash();
  for (const i of order) hash.mix(parts[i] as Fingerprint);
  hash.mix(
    cached(ofLogs, log, () => log.map(({ kind, keys, id, name }) => `${kind}${id}${name}${keys.join('')}`).join(',')),
  );
  for (const part of [compacted, history, restoredAt, Number(timeline), down ?? -1, floor]) hash.add(part);
  const { writes, expiries, joins, crashes, cuts, syncs, compactions, restores, lateKeys: gaveUp } = spent;
  for (const part of [writes, expiries, joins, crashes, cuts, syncs, compactions, restores, gaveUp]) hash.add(part);
  if (lateKeys.length > 0) hash.mix(hashOf([...lateKeys].sort().join(',')));
  if (cut.length > 0) {
    const placed = cut.map((pair) => pairOf(order.indexOf(pair >> 3), order.indexOf(pair & 7)));
    for (const pair of placed.sort((a, b) => a - b)) hash.add(pair);
  }
  if (late.length > 0) {
    const texts = late.map(({ id, timeline: name, received }) => `${id}.${name}.${received}`).sort();
    hash.mix(hashOf(texts.join(',')));
  }
  return hash.end();
}

function nodeText({ isAlive, state, now, steady, request, givenUp }: Node, duration: number, wait: number): string {
  const { timeline, received, shown, base, pending, readers, own } = state;
  // A process that is gone leaves its index, and a request on its way to etcd.
  if (!isAlive)
    return [timeline, shown, base, request?.kind, request?.found === undefined ? request?.id : ''].join(';');
  // The past matters only as long as something is measured from it.
  const since = (time: number, most: number) => Math.min(now - time, most);
  const others = readers.map(({ id, since: made, reported, notice }) => {
    return `${id}:${Math.max(made, reported)}:${notice === undefined ? '' : `${notice.name}.${since(notice.since, wait)}`}`;
  });
  const lease = own === undefined ? '' : `${own.id}:${Math.max(0, own.until - now)}:${own.isLeaving ? 1 : 0}`;
  const asked =
    request === undefined ? '' : `${request.kind}:${request.id}:${since(request.sentAt, duration)}:${request.found}`;
  return [1, timeline, received, shown, base, pending.revisions(), others.sort(), lease, asked, steady, givenUp].join(
    ';',
  );
}

function cached<T extends object>(prints: WeakMap<T, Fingerprint>, part: T, text: () => string): Fingerprint {
  let print = prints.get(part);
  if (print === undefined) {
    print = hashOf(text());
    prints.set(part, print);
  }
  return print;
}

function hashOf(text: string): Fingerprint {
  const hash = new Hash();
  for (let i = 0; i < text.length; i++) hash.add(text.charCodeAt(i));
  return hash.end();
}

/** Two multiplicative hashes, mixed with each other at the end (cyrb53 by bryc, public domain). */
class Hash {
  #a = 0xdeadbeef;
  #b = 0x41c6ce57;

  add(part: number): void {
    this.#a = Math.imul(this.#a ^ part, 2_654_435_761);
    this.#b = Math.imul(this.#b ^ part, 1_597_334_677);
    // Without it the highest bits of a part would never reach the lower ones.
    this.#a ^= this.#a >>> 15;
    this.#b ^= this.#b >>> 13;
  }

  mix({ high, low }: Fingerprint): void {
    this.add(high);
    this.add(low);
  }

  end(): Fingerprint {
    let a = Math.imul(this.#a ^ (this.#a >>> 16), 2_246_822_507) ^ Math.imul(this.#b ^ (this.#b >>> 13), 3_266_489_909);
    let b = Math.imul(this.#b ^ (this.#b >>> 16), 2_246_822_507) ^ Math.imul(a ^ (a >>> 13), 3_266_489_909);
    a ^= a >>> 15;
    b ^= b >>> 15;
    return { high: b >>> 0, low: a >>> 0 };
  }
}

function compare(a: Fingerprint, b: Fingerprint): number {
  return a.high - b.high || a.low - b.low;
}
