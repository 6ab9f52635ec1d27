/**
 * Node's clients of HTTP, by protocol. They are loaded when they are used, which matters to programs that end soon: an
 * `import` of node:http reads all of its exports, and one of them, WebSocket, loads another client: 18 ms of processor
 * time. node:https loads TLS: as much again.
 */
import type { Agent, get, request } from 'node:https';

export interface NodeHttp {
  readonly Agent: typeof Agent;
  readonly get: typeof get;
  readonly request: typeof request;
}

/** @param protocol of a URL, `http:` or `https:`; that of the other one is not loaded */
export function nodeHttp(protocol: string): NodeHttp {
  // What only https takes of the options, http ignores.
  return process.getBuiltinModule(protocol === 'https:' ? 'node:https' : 'node:http') as NodeHttp;
}
