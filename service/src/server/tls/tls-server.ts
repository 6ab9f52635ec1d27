/** The HTTP server behind TLS. Its connections are counted and cut as those of plain HTTP are. */
import type { ServerOptions } from 'node:http';
import { Server } from 'node:https';
import type { Socket } from 'node:net';
import type { SecureContextOptions } from 'node:tls';

/** What a server needs for TLS. */
export interface Tls {
  /** True: clients are asked for a certificate. Whether a request needs one is decided later: probes have none. */
  readonly asksClients: boolean;
  readonly certificate: () => SecureContextOptions;
  /** Calls back whenever another certificate is in force. */
  readonly onCertificate: (listener: (certificate: SecureContextOptions) => void) => void;
  readonly handshakeFailed: () => void;
  readonly close: () => void;
}

export class TlsServer extends Server {
  /** Connections on which TLS is not agreed on yet, by the client's address and port; node:http does not know them. */
  readonly #handshaking = new Map<string, Socket>();

  /** @param handshakeTimeout milliseconds that a client may take to agree on TLS */
  constructor(tls: Tls, handshakeTimeout: number, http: ServerOptions) {
    const asks = { requestCert: tls.asksClients, rejectUnauthorized: false };
    super({ ...http, ...asks, ...tls.certificate(), handshakeTimeout });
    tls.onCertificate((certificate) => this.setSecureContext(certificate));
    // The one that is there would answer in plain HTTP.
    this.removeAllListeners('tlsClientError');
    this.on('tlsClientError', (_error, socket) => {
      tls.handshakeFailed();
      socket.destroy();
    });
    this.on('connection', (socket) => {
      const name = peerOf(socket);
      this.#handshaking.set(name, socket);
      socket.once('close', () => {
        if (this.#handshaking.get(name) === socket) this.#handshaking.delete(name);
      });
    });
    this.on('secureConnection', (socket) => this.#handshaking.delete(peerOf(socket)));
  }

  /** A client that never speaks must not keep the server from ending. */
  override closeIdleConnections(): void {
    super.closeIdleConnections();
    for (const socket of this.#handshaking.values()) socket.destroy();
  }

  override closeAllConnections(): void {
    super.closeAllConnections();
    for (const socket of this.#handshaking.values()) socket.destroy();
  }
}

function peerOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`;
}
