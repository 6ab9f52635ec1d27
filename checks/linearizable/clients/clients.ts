/** Clients that go their own ways, each with one replica. */
import type { Target } from './call.ts';

export interface ClientsOptions {
  /** The process that a client talks to; it may be replaced meanwhile. */
  readonly replicas: readonly Target[];
  readonly clientsPerReplica: number;
  /** Further clients, which only read: they go on while writes wait. Default 0. */
  readonly readersPerReplica?: number;
  readonly random: () => number;
  /** Milliseconds that a client rests between two operations, at the most; default 4. */
  readonly rest?: number;
}

/** Runs all of them. Those that only read come last. */
export function startClients(
  { replicas, clientsPerReplica, readersPerReplica = 0 }: ClientsOptions,
  run: (client: number, writes: boolean) => Promise<void>,
): Promise<void>[] {
  const writers = replicas.length * clientsPerReplica;
  const count = writers + replicas.length * readersPerReplica;
  return Array.from({ length: count }, (_, client) => run(client, client < writers));
}
