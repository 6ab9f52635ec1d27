import type { Server } from 'node:http';

/** The event with the socket that requests come from: a server that speaks TLS reports each connection twice. */
export function requestConnection(server: Server): 'connection' | 'secureConnection' {
  return 'setSecureContext' in server ? 'secureConnection' : 'connection';
}
