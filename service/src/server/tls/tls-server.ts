/** The HTTP server behind TLS. Its connections are counted and cut as those of plain HTTP are. */
import type { ServerOptions, ServerResponse } from 'node:http';
import { Server } from 'node:https';
import type { Socket } from 'node:net';
import type { SecureContextOptions, TLSSocket } from 'node:tls';
import { retire } from '../../flow-control/connection-marks.ts';

/** What a server needs for TLS. */
export interface Tls {
  /** True: the server requests client certificates. Whether a request needs one is decided later: probes have none. */
  readonly asksClients: boolean;
  readonly certificate: () => SecureContextOptions;
  /** Calls back whenever another certificate is in force. */
  readonly onCertificate: (listener: (certificate: SecureContextOptions) => void) => void;
  readonly handshakeFailed: () => void;
  readonly close: () => void;
}

/** Node notes at a connection the answer that it is for. */
interface Answering extends TLSSocket {
  readonly _httpMessage?: ServerResponse | null;
}

export class TlsServer extends Server {
  /** Connections on which TLS is not agreed on yet, by the client's address and port; node:http does not know them. */
  readonly #handshaking = new Map<string, Socket>();
  readonly #agreed = new Set<TLSSocket>();
  readonly #handshakeTimeout: number;

  /**
   * @param handshakeTimeout milliseconds that a client may take to agree on TLS, and that an answer may still take when the
   * authorities of clients have changed
   */
  constructor(tls: Tls, handshakeTimeout: number, http: ServerOptions) {
    const asks = { requestCert: tls.asksClients, rejectUnauthorized: false };
    super({ ...http, ...asks, ...tls.certificate(), handshakeTimeout });
    this.#handshakeTimeout = handshakeTimeout;
    let { ca } = tls.certificate();
    tls.onCertificate((certificate) => {
      this.setSecureContext(certificate);
      if (certificate.ca !== ca) this.#retireConnections();
      ca = certificate.ca;
    });
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
    this.on('secureConnection', (socket) => {
      this.#handshaking.delete(peerOf(socket));
      // As many wait for a connection's end as Node's default allows; a request that is sent ahead does, too.
      socket.setMaxListeners(16);
      if (!tls.asksClients) return;
      this.#agreed.add(socket);
      socket.once('close', () => this.#agreed.delete(socket));
    });
  }

  /**
   * The certificate of a client is looked at when it connects. Those that were looked at with other authorities end: at once
   * when they are idle, else with their answer, which has a time limit, since a watch has no end of its own.
   */
  #retireConnections(): void {
    for (const socket of this.#handshaking.values()) socket.destroy();
    for (const socket of this.#agreed as Set<Answering>) {
      // Node begins what the client sent ahead before it says that the answer is closed.
      retire(socket);
      const response = socket._httpMessage;
      if (response == null) {
        socket.destroy();
        continue;
      }
      // The client learns it, when it has not got the headers yet.
      response.shouldKeepAlive = false;
      response.once('close', () => socket.destroySoon());
      const cut = setTimeout(() => socket.destroy(), this.#handshakeTimeout);
      socket.once('close', () => clearTimeout(cut));
    }
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
