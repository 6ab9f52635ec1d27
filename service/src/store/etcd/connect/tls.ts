/** TLS towards etcd. The files may be replaced at any time: every new connection reads them anew. */
import { readFileSync } from 'node:fs';
import { CallCredentials, ChannelCredentials, credentials } from '@grpc/grpc-js';
import type { EtcdConnectionOptions } from '../options.ts';
import { messageOf } from './call-error.ts';

type Connect = Parameters<ChannelCredentials['_createSecureConnector']>;
type Connector = ReturnType<ChannelCredentials['_createSecureConnector']>;

/** Why a connection failed, in words. */
export type OnRefused = (why: string) => void;

/** Credentials for https that read the files at each connection; `onRefused` hears why one failed. */
export class FileCredentials extends ChannelCredentials {
  readonly #files: EtcdConnectionOptions;
  readonly #onRefused: OnRefused;

  constructor(files: EtcdConnectionOptions, onRefused: OnRefused) {
    super();
    this.#files = files;
    this.#onRefused = onRefused;
  }

  override _isSecure(): boolean {
    return true;
  }

  override _equals(other: ChannelCredentials): boolean {
    return this === other;
  }

  override _createSecureConnector(...[target, options, callCredentials]: Connect): Connector {
    const calls = callCredentials ?? CallCredentials.createEmpty();
    return {
      connect: async (socket) => {
        try {
          const connector = readCredentials(this.#files)._createSecureConnector(target, options, calls);
          const connected = await connector.connect(socket);
          // With TLS 1.3 the server looks at the client's certificate only after the client is done.
          connected.socket.once('error', (error) => this.#failed(error));
          return connected;
        } catch (error) {
          this.#failed(error);
          throw error;
        }
      },
      waitForReady: () => Promise.resolve(),
      getCallCredentials: () => calls,
      destroy: () => {},
    };
  }

  #failed(error: unknown): void {
    const { code, reason } = error as { code?: string; reason?: string };
    // A connection that broke says nothing about certificates.
    if (code !== undefined && /^(ECONN|EPIPE|ETIMEDOUT)/.test(code)) return;
    this.#onRefused(reason ?? messageOf(error));
  }
}

/** Throws when a file cannot be read, is no PEM, or the key is not that of the certificate. */
export function readCredentials({ caFile, certFile, keyFile }: EtcdConnectionOptions): ChannelCredentials {
  const read = (file: string | undefined) => (file === undefined ? null : readFileSync(file));
  return credentials.createSsl(read(caFile), read(keyFile), read(certFile));
}
