/** One member of etcd: its channels (one a service, none shared), credentials and raw calls. */
import {
  type ChannelCredentials,
  type Client,
  type ClientDuplexStream,
  connectivityState,
  credentials,
  type Metadata,
  type ServiceClientConstructor,
  type ServiceError,
  status,
} from '@grpc/grpc-js';
import type { IWatchRequest } from 'etcd3';
import { Host } from 'etcd3/lib/connection-pool.js';
import type { EtcdConnectionOptions } from '../options.ts';
import { codecs } from '../wire/codecs.ts';
import { decodeWatch } from '../wire/decode.ts';
import type { WatchResponse } from '../wire/messages.ts';
import { EtcdCallError, messageOf } from './call-error.ts';
import { channelOptionsWith } from './channel-options.ts';
import { logIn } from './login.ts';
import { readingLittleAhead } from './read-ahead.ts';
import { FileCredentials } from './tls.ts';

export type ServiceName = 'KV' | 'Watch' | 'Lease' | 'Maintenance';
export type WatchStream = ClientDuplexStream<IWatchRequest, WatchResponse>;

type Unary = (
  request: object,
  metadata: Metadata,
  options: { deadline: number },
  callback: (error: ServiceError | null, response: unknown) => void,
) => void;
type RawClient = Client & Record<string, Unary>;
type Serialize = (request: IWatchRequest) => Buffer;

/** Milliseconds that a channel may take to connect: then a new one looks the name up again and starts over. */
const connectTimeout = 3000;

export class Endpoint {
  readonly url: string;
  readonly #options: EtcdConnectionOptions;
  readonly #credentials: ChannelCredentials;
  #host: Host | undefined;
  #login: Promise<Metadata> | undefined;
  #kv: RawClient | undefined;
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

  /** In the background: whoever needs this member hears of a failure when it does. */
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
    this.#kv ??= await this.#use('KV', (client) => client);
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

  /** One call, sent once. Throws EtcdCallError. */
  call<T>(service: ServiceName, method: string, request: object, timeout: number): Promise<T> {
    return this.#use(service, (client, metadata) => {
      return new Promise<T>((resolve, reject) => {
        const options = { deadline: Date.now() + timeout };
        const done = (error: ServiceError | null, response?: unknown) => {
          if (error === null) return resolve(response as T);
          const neverSent = /No connection established|Name resolution failed/.test(error.details);
          reject(new EtcdCallError(`${error.details} (${method}, ${this.url})`, error.code, !neverSent, error));
        };
        const codec = codecs.get(`${service}.${method}`);
        if (codec === undefined) client[method]?.(request, metadata, options, done);
        else client.makeUnaryRequest(codec.path, codec.encode, codec.decode, request, metadata, options, done);
      });
    });
  }

  watch(): Promise<WatchStream> {
    return this.#use('Watch', (client, metadata) => {
      const { Watch } = (client.constructor as ServiceClientConstructor).service;
      const serialize = Watch?.requestSerialize as Serialize;
      return readingLittleAhead(() =>
        client.makeBidiStreamRequest(Watch?.path ?? '', serialize, decodeWatch, metadata),
      );
    });
  }

  /** Drops the channels and the login; the next use reads the user's files again. */
  reset(): void {
    this.#host?.close();
    this.#host = undefined;
    this.#login = undefined;
    this.#kv = undefined;
  }

  /** No call starts any more. */
  close(): void {
    this.#closed = true;
    this.reset();
  }

  async #use<T>(service: ServiceName, action: (client: RawClient, metadata: Metadata) => Promise<T> | T): Promise<T> {
    if (this.#closed) throw new EtcdCallError('The store is closed', status.CANCELLED, false);
    this.#host ??= new Host(this.url, this.#credentials, channelOptionsWith(this.#options.interceptors));
    const host = this.#host;
    this.#login ??= logIn(host, this.#options);
    const login = this.#login;
    try {
      const metadata = await login;
      return await action(host.getServiceClient(service) as RawClient, metadata);
    } catch (error) {
      if (error instanceof EtcdCallError) throw error;
      // Before the call itself: files that cannot be read, a login that failed, channels that were dropped meanwhile.
      if (this.#login === login) this.#login = undefined;
      const refused = /authentication failed|no such file|permission denied/i.test(messageOf(error));
      const code = refused ? status.UNAUTHENTICATED : status.UNAVAILABLE;
      throw new EtcdCallError(`${messageOf(error)} (login, ${this.url})`, code, false, error);
    }
  }
}
