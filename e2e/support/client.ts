/** Requests through the Ingress, and a writer that remembers what was acknowledged. */
import { Agent, request as httpRequest, type IncomingHttpHeaders } from 'node:http';

/** Where a store is reached. */
export interface Door {
  readonly url: string;
  /** The Host header of its Ingress. */
  readonly host: string;
}

export interface Answer {
  readonly status: number;
  readonly body: string;
  readonly headers: IncomingHttpHeaders;
}

const agent = new Agent({ keepAlive: true, maxSockets: 64 });

/** One request; rejects when the connection fails. 10 s at the most. */
export function send(
  { url, host }: Door,
  method: string,
  path: string,
  body?: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      new URL(path, url),
      { method, agent, headers: { host, ...headers }, timeout: 10_000 },
      (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (piece) => {
          text += piece;
        });
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body: text, headers: response.headers }));
        response.on('error', reject);
      },
    );
    request.on('timeout', () => request.destroy(new Error('No answer within 10 s')));
    request.on('error', reject);
    request.end(body);
  });
}

export interface Writer {
  /** Writes that were acknowledged so far. */
  acknowledged(): number;
  /** Ends the writing and returns what came of it. */
  stop(): Promise<WriterReport>;
}

export interface WriterReport {
  readonly acknowledged: ReadonlyMap<string, string>;
  /** Status and code of every answer that was not 200, or the connection's error, with their count. */
  readonly refused: ReadonlyMap<string, number>;
  /** The longest time between two acknowledgements, in milliseconds. */
  readonly longestGap: number;
}

/** Writes keys of its own, one after the other, `prefix` before a number, at most 50 a second. */
export function startWriter(store: Door, prefix: string): Writer {
  const acknowledged = new Map<string, string>();
  const refused = new Map<string, number>();
  let longestGap = 0;
  let running = true;
  const count = (what: string) => refused.set(what, (refused.get(what) ?? 0) + 1);
  const work = async () => {
    let last = performance.now();
    for (let i = 0; running; i++) {
      const key = `${prefix}${i}`;
      const next = performance.now() + 20;
      try {
        const { status, body } = await send(store, 'POST', '/set', JSON.stringify({ [key]: i }));
        if (status === 200) {
          acknowledged.set(key, String(i));
          longestGap = Math.max(longestGap, performance.now() - last);
          last = performance.now();
        } else count(`${status} ${codeOf(body)}`.trim());
      } catch (error) {
        count(error instanceof Error ? error.message : String(error));
      }
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, next - performance.now())));
    }
  };
  const done = work();
  return {
    acknowledged: () => acknowledged.size,
    async stop() {
      running = false;
      await done;
      return { acknowledged, refused, longestGap };
    },
  };
}

/**
 * What was refused beyond one write of unknown outcome for each time that etcd's leadership was handed over: a member
 * that forwards a write to the leader at that moment may never get its outcome, and its writer gets `outcome-unknown`.
 */
export function beyondHandovers(refused: WriterReport['refused'], handovers: number): readonly [string, number][] {
  return [...refused].filter(([what, count]) => what !== '503 outcome-unknown' || count > handovers);
}

/** The code of a problem; empty for a body that is none. */
function codeOf(body: string): string {
  const [, code = ''] = /"code":"([^"]*)"/.exec(body) ?? [];
  return code;
}

/** Acknowledged pairs that the store does not have. */
export async function lost(store: Door, acknowledged: ReadonlyMap<string, string>): Promise<string[]> {
  const { status, body } = await send(store, 'GET', '/');
  if (status !== 200) throw new Error(`GET / answered ${status}: ${body}`);
  const pairs = JSON.parse(body) as Record<string, unknown>;
  return [...acknowledged].filter(([key, value]) => JSON.stringify(pairs[key]) !== value).map(([key]) => key);
}
