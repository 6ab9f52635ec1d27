/** TLS towards etcd. Files may be replaced at any time: every new connection reads them anew. */
import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import { CallCredentials, ChannelCredentials, credentials } from '@grpc/grpc-js';
import { messageOf } from './call-error.ts';

type Connect = Parameters<ChannelCredentials['_createSecureConnector']>;
type Connector = ReturnType<ChannelCredentials['_createSecureConnector']>;

/** PEM files; without authorities, the system's are used. */
export interface TlsFiles {
  readonly caFile?: string | undefined;
  /** Both or none. */
  readonly certFile?: string | undefined;
  readonly keyFile?: string | undefined;
}

/** As PEM: the authorities that a member's certificate is checked by, and what the member is shown. */
export interface Identity {
  readonly ca: string;
  readonly certificate: string;
  readonly key: string;
}

/** Why a connection failed, in words. */
export type OnRefused = (why: string) => void;

/** Credentials for https that read the files at each connection; `onRefused` gets the reason when one failed. */
export class FileCredentials extends ChannelCredentials {
  readonly #files: TlsFiles;
  readonly #onRefused: OnRefused;

  constructor(files: TlsFiles, onRefused: OnRefused) {
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
export function readCredentials({ caFile, certFile, keyFile }: TlsFiles): ChannelCredentials {
  const read = (file: string | undefined) => (file === undefined ? null : readFileSync(file));
  return credentials.createSsl(read(caFile), read(keyFile), read(certFile));
}

/** Throws when it is no PEM, or the key is not that of the certificate. */
export function identityCredentials({ ca, certificate, key }: Identity): ChannelCredentials {
  const context = createSecureContext({ ca, cert: certificate, key, minVersion: 'TLSv1.3' });
  return credentials.createFromSecureContext(context);
}
