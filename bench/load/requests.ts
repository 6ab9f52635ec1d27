/** What a load sends: these requests, one after the other, again and again. */

export interface Request {
  readonly path: string;
  /** Sent with POST; without one it is a GET. */
  readonly body?: string;
  /** Default: as the body says. */
  readonly method?: string;
  /** Beside Host and, with a body, Content-Type. */
  readonly headers?: Readonly<Record<string, string>>;
}

export interface LoadOptions {
  readonly port: number;
  readonly requests: readonly Request[];
  readonly connections: number;
  /** True: an answer of any status is what is wanted. */
  readonly anyStatus?: boolean;
}

/** The method and all headers of a request but Host. */
export function headOf({ method, headers = {}, body }: Request): { method: string; headers: Record<string, string> } {
  if (body === undefined) return { method: method ?? 'GET', headers: { ...headers } };
  return { method: method ?? 'POST', headers: { 'Content-Type': 'application/json', ...headers } };
}

export const gets = (paths: readonly string[]): Request[] => paths.map((path) => ({ path }));
export const posts = (path: string, bodies: readonly string[]): Request[] => bodies.map((body) => ({ path, body }));
