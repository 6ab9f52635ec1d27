/** What a load sends: these requests, one after the other, again and again. */

export interface Request {
  readonly path: string;
  /** Sent with POST; without one it is a GET. */
  readonly body?: string;
}

export interface LoadOptions {
  readonly port: number;
  readonly requests: readonly Request[];
  readonly connections: number;
}

export const gets = (paths: readonly string[]): Request[] => paths.map((path) => ({ path }));
export const posts = (path: string, bodies: readonly string[]): Request[] => bodies.map((body) => ({ path, body }));
