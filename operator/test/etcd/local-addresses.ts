/** What stands for the members' stable names: a port of the loopback address each. */
import { freePorts } from '../../../test-support/network/free-ports.ts';
import type { Member } from '../../src/etcd/contract.ts';
import { clientPort, type EtcdNames, metricsPort, peerPort } from '../../src/etcd/names.ts';

const maxMembers = 5;

interface Ports {
  readonly client: number;
  readonly peer: number;
  readonly metrics: number;
}

export class LocalAddresses {
  readonly #ports: readonly Ports[];

  static async reserve(): Promise<LocalAddresses> {
    const ports = await freePorts(maxMembers * 3);
    return new LocalAddresses(
      Array.from({ length: maxMembers }, (_, ordinal) => ({
        client: ports[ordinal * 3] ?? 0,
        peer: ports[ordinal * 3 + 1] ?? 0,
        metrics: ports[ordinal * 3 + 2] ?? 0,
      })),
    );
  }

  constructor(ports: readonly Ports[]) {
    this.#ports = ports;
  }

  clientURL(ordinal: number): string {
    return `https://127.0.0.1:${this.#ports[ordinal]?.client}`;
  }

  peerURL(ordinal: number): string {
    return `https://127.0.0.1:${this.#ports[ordinal]?.peer}`;
  }

  metricsURL(ordinal: number): string {
    return `http://127.0.0.1:${this.#ports[ordinal]?.metrics}`;
  }

  /** A text with every member's name replaced. */
  local(names: EtcdNames, text: string): string {
    return this.#ports.reduce(
      (current, _, ordinal) =>
        current
          .replaceAll(names.peerURL(ordinal), this.peerURL(ordinal))
          .replaceAll(names.clientURL(ordinal), this.clientURL(ordinal)),
      text,
    );
  }

  /** A member's configuration with what it listens on replaced too. */
  localConfig(names: EtcdNames, ordinal: number, config: string): string {
    const ports = this.#ports[ordinal];
    return this.local(names, config)
      .replace(`0.0.0.0:${clientPort}`, `127.0.0.1:${ports?.client}`)
      .replace(`0.0.0.0:${peerPort}`, `127.0.0.1:${ports?.peer}`)
      .replace(`0.0.0.0:${metricsPort}`, `127.0.0.1:${ports?.metrics}`);
  }

  /** A member as it would look under its stable name. */
  named(names: EtcdNames, member: Member): Member {
    const peerURLs = member.peerURLs.map((url) => {
      const ordinal = this.#ports.findIndex((_, candidate) => url === this.peerURL(candidate));
      return ordinal < 0 ? url : names.peerURL(ordinal);
    });
    return { ...member, peerURLs };
  }
}
