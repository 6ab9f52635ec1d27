/** A TCP proxy on loopback that stalls or cuts what goes through it. */
import { connect, createServer, type Server, type Socket } from 'node:net';
import { listen } from './listen.ts';

const apply = Symbol('apply');

interface Link {
  readonly client: Socket;
  readonly server: Socket;
}

export class TcpProxy {
  readonly port: number;
  readonly #server: Server;
  readonly #links: Set<Link>;
  #target: number;
  #stalled = { requests: false, answers: false };

  constructor(server: Server, links: Set<Link>, port: number, target: number) {
    this.#target = target;
    this.#server = server;
    this.#links = links;
    this.port = port;
  }

  /** Listens on a port of its own and forwards to `targetPort`. */
  static async start(targetPort: number): Promise<TcpProxy> {
    const links = new Set<Link>();
    const server = createServer();
    const proxy = new TcpProxy(server, links, await listen(server), targetPort);
    server.on('connection', (client) => {
      const link = { client, server: connect(proxy.#target, '127.0.0.1') };
      links.add(link);
      client.on('data', (data) => void link.server.write(data));
      link.server.on('data', (data) => void client.write(data));
      for (const socket of [client, link.server]) {
        socket.on('error', () => drop(link));
        socket.on('close', () => {
          links.delete(link);
          drop(link);
        });
      }
      proxy[apply](link);
    });
    return proxy;
  }

  /** Nothing goes through any more in the given directions, yet connections stay and new ones are accepted. */
  stall({ requests = true, answers = true } = {}): void {
    this.#stalled = { requests, answers };
    for (const link of this.#links) this[apply](link);
  }

  /** The same, but only the newest of the connections that are open: nothing goes through it, nor through new ones. */
  stallNewest(): void {
    this.#stalled = { requests: true, answers: true };
    const newest = [...this.#links].at(-1);
    if (newest !== undefined) this[apply](newest);
  }

  resume(): void {
    this.stall({ requests: false, answers: false });
  }

  /** Ends every connection at once; new ones work. */
  cut(): void {
    for (const link of this.#links) drop(link);
  }

  /** Ends every connection; new ones go to another port. */
  retarget(port: number): void {
    this.#target = port;
    this.cut();
  }

  get connections(): number {
    return this.#links.size;
  }

  async close(): Promise<void> {
    this.cut();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  [apply]({ client, server }: Link): void {
    if (this.#stalled.requests) client.pause();
    else client.resume();
    if (this.#stalled.answers) server.pause();
    else server.resume();
  }
}

function drop({ client, server }: Link): void {
  client.destroy();
  server.destroy();
}
