/** One member of etcd: its channels (one a service, none shared), credentials and raw calls. */
import {
  type ChannelCredentials,
  type Client,
  type ClientDuplexStream,
  connectivityState,
  credentials,
  type Metadata,
  status,
} from '@grpc/grpc-js';
import { EtcdCallError, messageOf } from '@kvstore/etcd/call-error.ts';
import { lastingOptions } from '@kvstore/etcd/channel-options.ts';
import { Connection } from '@kvstore/etcd/connection.ts';
import type { ServiceName } from '@kvstore/etcd/schema.ts';
import { FileCredentials } from '@kvstore/etcd/tls.ts';
import type { EtcdConnectionOptions } from '../options.ts';
import { codecs, watchCodec } from '../wire/codecs.ts';
import type { WatchRequest, WatchResponse } from '../wire/messages.ts';
import { logIn } from './login.ts';
import { readingLittleAhead } from './read-ahead.ts';

export type WatchStream = ClientDuplexStream<WatchRequest, WatchResponse>;

/** Milliseconds that a channel may take to connect: then a new one looks the name up again and starts over. */
const connectTimeout = 3000;

export class Endpoint {
  readonly url: string;
  readonly #options: EtcdConnectionOptions;
  readonly #credentials: ChannelCredentials;
  #connection: Connection | undefined;
  #login: Promise<Metadata> | undefined;
  #kv: Client | undefined;
  #notReadySince: number | undefined;
  #connecting = false;
  #closed = false;
  /** Why TLS did not come about the last time it was tried. */
  #refused: string | undefined;

  constructor(url: string, options: EtcdConnectionOptions) {
    this.url = url;
    this.#options = options;
    const onRefused = (why: string) => {
      this.#refused = why;
    };
    this.#credentials = url.startsWith('https:')
      ? new FileCredentials(options, onRefused)
      : credentials.createInsecure();
  }

  /** Is the channel for calls up? Starts to connect when it is not. */
  isReady(): boolean {
    if (this.#kv?.getChannel().getConnectivityState(true) === connectivityState.READY) {
      this.#notReadySince = undefined;
      return true;
    }
    this.#notReadySince ??= Date.now();
    if (Date.now() - this.#notReadySince > connectTimeout) {
      // Packets to the address of a pod that is gone are not answered: gRPC would wait for 20 s.
      this.#notReadySince = undefined;
      this.reset();
    }
    if (this.#kv === undefined) this.#connect();
    return false;
  }

  /** In the background: the next call to this member reports a failure. */
  #connect(): void {
    if (this.#connecting || this.#closed) return;
    this.#connecting = true;
    this.becomeReady(connectTimeout)
      .catch(() => {})
      .finally(() => {
        this.#connecting = false;
      });
  }

  /** Resolves when the channel for calls is up. Throws EtcdCallError after `timeout` milliseconds. */
  async becomeReady(timeout: number): Promise<void> {
    this.#kv ??= await this.#use((connection) => connection.client('KV'));
    const client = this.#kv;
    await new Promise<void>((resolve, reject) => {
      client.waitForReady(Date.now() + timeout, (error) => {
        if (error === undefined) {
          this.#refused = undefined;
          return resolve();
        }
        const why = this.#refused;
        const code = why === undefined ? status.UNAVAILABLE : status.UNAUTHENTICATED;
        const message = `${this.url} cannot be reached${why === undefined ? '' : `: TLS failed: ${why}`}`;
        reject(new EtcdCallError(message, code, false, error));
      });
    });
  }

  /** One call, sent once. Throws EtcdCallError after at most `timeout` milliseconds, and the time that a login takes. */
  call<T>(service: ServiceName, name: string, request: object, timeout: number): Promise<T> {
    const method = codecs.get(`${service}.${name}`);
    return this.#use((connection, metadata) =>
      connection.call<T>(service, name, request, timeout, { metadata, method }),
    );
  }

  watch(): Promise<WatchStream> {
    const { path, requestSerialize, responseDeserialize } = watchCodec;
    return this.#use((connection, metadata) => {
      const client = connection.client('Watch');
      return readingLittleAhead(() =>
        client.makeBidiStreamRequest(path, requestSerialize, responseDeserialize, metadata),
      );
    });
  }

  /** Drops the channels and the login; the next use reads the user's files again. */
  reset(): void {
    this.#connection?.close();
    this.#connection = undefined;
    this.#login = undefined;
    this.#kv = undefined;
  }

  /** No call starts any more. */
  close(): void {
    this.#closed = true;
    this.reset();
  }

  async #use<T>(action: (connection: Connection, metadata: Metadata) => Promise<T> | T): Promise<T> {
    if (this.#closed) throw new EtcdCallError('The store is closed', status.CANCELLED, false);
    this.#connection ??= new Connection(this.url, this.#credentials, lastingOptions(this.#options.interceptors));
    const connection = this.#connection;
    this.#login ??= logIn(connection, this.#options);
    const login = this.#login;
    let metadata: Metadata | undefined;
    try {
      metadata = await login;
      return await action(connection, metadata);
    } catch (error) {
      if (metadata !== undefined && error instanceof EtcdCallError) throw error;
      // Before the call itself: files that cannot be read, a login that failed, channels that were dropped meanwhile.
      if (this.#login === login) this.#login = undefined;
      const refused = /authentication failed|no such file|permission denied/i.test(messageOf(error));
      const code = refused ? status.UNAUTHENTICATED : status.UNAVAILABLE;
      throw new EtcdCallError(`${messageOf(error)} (login, ${this.url})`, code, false, error);
    }
  }
}
