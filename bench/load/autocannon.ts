/** The load where there is no wrk: autocannon, in this process, which begins anew for each slice. */
import autocannon from 'autocannon';
import { median, sum } from '../slices/statistics.ts';
import { headOf, type LoadOptions, type Request } from './requests.ts';
import type { Session, Slice, Summary } from './session.ts';

/** It makes all of them anew for each connection: 10,000 take it ten seconds before it begins. */
const mostRequests = 100;
/** Milliseconds: it counts once a second. */
export const shortestSlice = 1000;

const bodyOf = ({ body }: Request) => (body === undefined ? {} : { body });

export class AutocannonSession implements Session {
  readonly #anyStatus: boolean;
  readonly #options: autocannon.Options;
  readonly #seen: Summary[] = [];

  constructor({ port, requests, connections, anyStatus = false }: LoadOptions) {
    this.#anyStatus = anyStatus;
    const step = Math.ceil(requests.length / mostRequests);
    this.#options = {
      url: `http://127.0.0.1:${port}`,
      connections,
      requests: requests
        .filter((_, i) => i % step === 0)
        .map((request) => ({ ...headOf(request), path: request.path, ...bodyOf(request) }) as autocannon.Request),
    };
  }

  async slice(milliseconds: number): Promise<Slice> {
    const duration = Math.max(milliseconds, shortestSlice) / 1000;
    const { requests, latency, errors, non2xx, ...result } = await autocannon({ ...this.#options, duration });
    this.#seen.push({ p50: latency.p50, p99: latency.p99, errors: errors + (this.#anyStatus ? 0 : non2xx) });
    return { answers: requests.total, milliseconds: result.duration * 1000 };
  }

  /** Of the quantiles of the slices, the median. */
  async end(): Promise<Summary> {
    const of = (figure: keyof Summary) => this.#seen.map((each) => each[figure]);
    return { p50: median(of('p50')), p99: median(of('p99')), errors: sum(of('errors')) };
  }
}
