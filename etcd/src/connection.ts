/** Connections to one member of etcd, and calls over them. */
import {
  type ChannelCredentials,
  Client,
  type ClientOptions,
  connectivityState,
  Metadata,
  status,
} from '@grpc/grpc-js';
import { EtcdCallError } from './call-error.ts';
import { type Method, methodOf, type ServiceName } from './schema.ts';

export interface UnaryOptions {
  readonly metadata?: Metadata;
  /** In place of the schema's. */
  readonly method?: Method | undefined;
}

/** grpc-js's texts where a call ends before it has a connection to go over. */
const neverSent = /No connection established|Name resolution failed|Channel closed before call started/;

/** Each service of etcd has a client of its own, made when it is used first. */
export class Connection {
  readonly #url: string;
  readonly #credentials: ChannelCredentials;
  readonly #options: ClientOptions;
  readonly #name: string;
  readonly #clients = new Map<ServiceName, Client>();
  #closed = false;

  /**
   * @param url http or https, of a member's client port
   * @param name of the member in messages
   */
  constructor(url: string, credentials: ChannelCredentials, options: ClientOptions, name: string = url) {
    this.#url = url;
    this.#credentials = credentials;
    this.#options = options;
    this.#name = name;
  }

  /** It does not connect before it is used. Throws EtcdCallError after `close`. */
  client(service: ServiceName): Client {
    if (this.#closed) throw new EtcdCallError(`The connection to ${this.#name} is closed`, status.UNAVAILABLE, false);
    let client = this.#clients.get(service);
    if (client === undefined) {
      client = new Client(this.#url.replace(/^https?:\/\/|\/$/g, ''), this.#credentials, this.#options);
      this.#clients.set(service, client);
    }
    return client;
  }

  /**
   * One call, sent once. It waits for a connection while one is under way.
   * Rejects with EtcdCallError when it fails or `timeout` milliseconds are over.
   */
  async call<T>(
    service: ServiceName,
    name: string,
    request: object,
    timeout: number,
    { metadata = new Metadata(), method = methodOf(service, name) }: UnaryOptions = {},
  ): Promise<T> {
    const client = this.client(service);
    const { path, requestSerialize, responseDeserialize } = method;
    const options = { deadline: Date.now() + timeout };
    return new Promise<T>((resolve, reject) => {
      client.makeUnaryRequest(
        path,
        requestSerialize,
        responseDeserialize,
        request,
        metadata,
        options,
        (error, response) => {
          if (error === null) return resolve(response as T);
          const sent = !neverSent.test(error.details);
          reject(new EtcdCallError(`${error.details} (${name}, ${this.#name})`, error.code, sent, error));
        },
      );
    });
  }

  /**
   * No call starts any more. Calls under way go on.
   * @param grace milliseconds that is left to a connection under way, for the calls that wait for it
   */
  close(grace = 1000): void {
    this.#closed = true;
    for (const client of this.#clients.values()) {
      // Closed at once, it would fail calls that wait for it (grpc/grpc-node#1487).
      if (client.getChannel().getConnectivityState(false) !== connectivityState.CONNECTING) client.close();
      else client.waitForReady(Date.now() + grace, () => setImmediate(() => client.close()));
    }
    this.#clients.clear();
  }
}
