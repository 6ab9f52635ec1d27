/** One member of etcd: its channels (one a service, none shared), credentials and raw calls. */
import { readFileSync } from 'node:fs';
import {
  type Client,
  type ClientDuplexStream,
  connectivityState,
  InterceptingCall,
  type Interceptor,
  type Metadata,
  type ServiceError,
  status,
} from '@grpc/grpc-js';
import { Etcd3, type IWatchRequest, type IWatchResponse } from 'etcd3';
import { EtcdCallError, messageOf } from './call-error.ts';
import type { EtcdConnectionOptions } from './options.ts';

export type ServiceName = 'KV' | 'Watch' | 'Maintenance';
export type WatchStream = ClientDuplexStream<IWatchRequest, IWatchResponse>;

type Unary = (
  request: object,
  metadata: Metadata,
  options: { deadline: number },
  callback: (error: ServiceError | null, response: unknown) => void,
) => void;
type RawClient = Client & Record<string, Unary> & { watch(metadata: Metadata): WatchStream };

/** A page of the first sync or a catching-up watch is far larger than gRPC's default of 4 MiB. */
const maxReceiveBytes = 64 << 20;

/** A member without a leader answers at once, instead of holding the call until its deadline. */
const requireLeader: Interceptor = (options, nextCall) =>
  new InterceptingCall(nextCall(options), {
    start(metadata, listener, next) {
      metadata.set('hasleader', 'true');
      next(metadata, listener);
    },
  });

const channelOptions = {
  'grpc.max_receive_message_length': maxReceiveBytes,
  'grpc.max_send_message_length': -1,
  // A watch shares no connection with the calls, so that neither holds up the other.
  'grpc.use_local_subchannel_pool': 1,
  'grpc.enable_retries': 0,
  'grpc.service_config_disable_resolution': 1,
  'grpc.initial_reconnect_backoff_ms': 100,
  'grpc.max_reconnect_backoff_ms': 1000,
  // A member that was replaced has another address under the same name. The default is 30 s.
  'grpc.dns_min_time_between_resolutions_ms': 500,
  // etcd ends connections that ping more often than every 5 s (--grpc-keepalive-min-time).
  'grpc.keepalive_time_ms': 6000,
  'grpc.keepalive_timeout_ms': 2000,
  interceptors: [requireLeader],
};

/** etcd3's own policies retry calls, puts too; its `exec` is passed by, so they never see one. */
class Connection extends Etcd3 {
  use<T>(service: ServiceName, action: (client: RawClient, metadata: Metadata) => Promise<T> | T): Promise<T> {
    return this.pool.withConnection(service, ({ client, metadata }) => action(client as RawClient, metadata));
  }
}

/** Milliseconds that a channel may take to connect: then a new one looks the name up again and starts over. */
const connectTimeout = 3000;

export class Endpoint {
  readonly url: string;
  readonly #options: EtcdConnectionOptions;
  #connection: Connection | undefined;
  #kv: RawClient | undefined;
  #notReadySince: number | undefined;
  #connecting = false;
  #closed = false;

  constructor(url: string, options: EtcdConnectionOptions) {
    this.url = url;
    this.#options = options;
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
        if (error === undefined) return resolve();
        // Perhaps the certificates were replaced since they were read.
        if (this.#options.caFile !== undefined || this.#options.certFile !== undefined) this.reset();
        reject(new EtcdCallError(`${this.url} cannot be reached`, status.UNAVAILABLE, false, error));
      });
    });
  }

  /** One call, sent once. Throws EtcdCallError. */
  call<T>(service: ServiceName, method: string, request: object, timeout: number): Promise<T> {
    return this.#use(service, (client, metadata) => {
      return new Promise<T>((resolve, reject) => {
        const options = { deadline: Date.now() + timeout };
        client[method]?.(request, metadata, options, (error, response) => {
          if (error === null) return resolve(response as T);
          const neverSent = /No connection established|Name resolution failed/.test(error.details);
          reject(new EtcdCallError(`${error.details} (${method}, ${this.url})`, error.code, !neverSent, error));
        });
      });
    });
  }

  watch(): Promise<WatchStream> {
    return this.#use('Watch', (client, metadata) => client.watch(metadata));
  }

  /** Drops the channels; the next use reads the credentials' files again. */
  reset(): void {
    this.#connection?.close();
    this.#connection = undefined;
    this.#kv = undefined;
  }

  /** No call starts any more. */
  close(): void {
    this.#closed = true;
    this.reset();
  }

  async #use<T>(service: ServiceName, action: (client: RawClient, metadata: Metadata) => Promise<T> | T): Promise<T> {
    if (this.#closed) throw new EtcdCallError('The store is closed', status.CANCELLED, false);
    try {
      this.#connection ??= new Connection({
        hosts: this.url,
        ...credentials(this.#options),
        grpcOptions: {
          ...channelOptions,
          interceptors: [...channelOptions.interceptors, ...(this.#options.interceptors ?? [])],
        },
      });
      return await this.#connection.use(service, action);
    } catch (error) {
      if (error instanceof EtcdCallError) throw error;
      // Before the call itself: files that cannot be read, or a login that failed.
      const refused = /authentication failed|no such file|permission denied/i.test(messageOf(error));
      const code = refused ? status.UNAUTHENTICATED : status.UNAVAILABLE;
      throw new EtcdCallError(`${messageOf(error)} (login, ${this.url})`, code, false, error);
    }
  }
}

/** Throws when a file cannot be read. */
export function credentials(options: EtcdConnectionOptions) {
  const { caFile, certFile, keyFile, usernameFile, passwordFile } = options;
  const read = (file: string | undefined) => (file === undefined ? undefined : readFileSync(file));
  const text = (file: string) => readFileSync(file, 'utf8').replace(/\r?\n$/, '');
  const tls = { rootCertificate: read(caFile), certChain: read(certFile), privateKey: read(keyFile) };
  return {
    ...(caFile !== undefined || certFile !== undefined ? { credentials: tls as { rootCertificate: Buffer } } : {}),
    ...(usernameFile !== undefined && passwordFile !== undefined
      ? {
          auth: {
            username: text(usernameFile),
            password: text(passwordFile),
            callOptions: () => ({ deadline: Date.now() + 5000 }),
          },
        }
      : {}),
  };
}
