/** The HTTP server around the application: limits on connections, and an end that resets no connection. */
import {
  createServer as createHttpServer,
  type ServerOptions as HttpOptions,
  type IncomingMessage,
  type RequestListener,
  type Server,
} from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { BodyTurns } from '../flow-control/body-turns.ts';
import { ByteBudget } from '../flow-control/byte-budget.ts';
import type { Endings } from '../flow-control/endings.ts';
import { Openings } from '../flow-control/openings.ts';
import type { Portions } from '../flow-control/portions.ts';
import { cutStalledClients } from '../flow-control/stalled-clients.ts';
import { type GatheringRequest, gatheringRequests } from '../requests/body/gathering-request.ts';
import type { Clock } from '../store/clock.ts';
import type { Drain } from './drain.ts';
import { identityHeader, responsesOf } from './identity.ts';
import { LateRequests } from './late-requests.ts';
import { maxHeaderSize, type OnRefused, refuse, refuseConnect } from './refuse.ts';
import type { Tls } from './tls/tls-server.ts';
import { hasBytesBehind } from './upgrade-offers.ts';

export interface ServerOptions {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  /** Milliseconds for a request's headers to arrive. */
  readonly headersTimeout: number;
  /** Milliseconds for a whole request to arrive. */
  readonly requestTimeout: number;
  /** Milliseconds that an idle connection stays open: longer than a proxy in front keeps it. */
  readonly keepAliveTimeout: number;
  /** Bytes of a request's body; above it, a client that asks first (Expect: 100-continue) gets 413 and sends none. */
  readonly maxBody: number;
  /** Milliseconds in which a client must take something of what was sent to it. */
  readonly stallTimeout: number;
  /** Bytes a second that a client takes of what was sent to it, at the least; 0: any. */
  readonly minRate: number;
  readonly clock: Pick<Clock, 'now'>;
  /** Undefined: plain HTTP. */
  readonly tls?: Tls | undefined;
  /** What the store is called; every answer says it. Undefined: none does. */
  readonly identity?: string | undefined;
  /** Called for each answer to what never became a request. */
  readonly onProblem: OnRefused;
  /** Ends connections. */
  readonly endings: Endings;
  /** Reads greedy connections. */
  readonly portions: Portions;
  /** Called for each connection that is accepted. */
  readonly onConnection: () => void;
}

/**
 * Connections that may wait to be taken: with Node's 511, a crowd that connects at once makes the system drop others,
 * probes among them, which try again after seconds. The system's own limit (Linux: 4096) holds as well.
 */
const backlog = 4096;

/** Bytes of bodies at once; parsed, a body takes some five times of it. */
const maxBodies = 32 * 1024 ** 2;

/** Listens; rejects with a clear message when the port is taken or not allowed. */
export async function listen(handler: RequestListener, drain: Drain, options: ServerOptions): Promise<Server> {
  const { identity, endings, onProblem } = options;
  /** The last request that offered another protocol and had bytes behind it, which are lost. */
  let lastCut: IncomingMessage | undefined;
  const server = await createServer(options.tls, options.headersTimeout, {
    ...(identity === undefined ? {} : { ServerResponse: responsesOf(identity) }),
    IncomingMessage: gatheringRequests({
      maxBytes: options.maxBody,
      portions: options.portions,
      budget: new ByteBudget(Math.max(maxBodies, 3 * options.maxBody)),
      turns: new BodyTurns(),
    }),
    maxHeaderSize,
    headersTimeout: options.headersTimeout,
    requestTimeout: options.requestTimeout,
    keepAliveTimeout: options.keepAliveTimeout,
    // The application asks for it, and answers as it always does.
    requireHostHeader: false,
    connectionsCheckingInterval: Math.min(1000, options.headersTimeout / 4),
    // An offer of another protocol is ignored (RFC 9110, 7.8): Java's client makes it with every first request.
    shouldUpgradeCallback(request) {
      if (hasBytesBehind(request)) lastCut = request;
      return false;
    },
    // A request without a body is none that can be read: its stream has ended before it began (docs/adr/0137).
    optimizeEmptyRequests: true,
  });
  const bare: Readonly<Record<string, string>> = identity === undefined ? {} : { [identityHeader]: identity };
  const late = new LateRequests(endings);
  const answer: RequestListener = (request, response) => {
    late.arrived(request);
    (request as GatheringRequest).response = response;
    // A client that is told so opens its next connection elsewhere.
    if (drain.draining) response.shouldKeepAlive = false;
    // Node calls this right after it was asked about the upgrade.
    if (request === lastCut) {
      lastCut = undefined;
      response.shouldKeepAlive = false;
    }
    handler(request, response);
  };
  cutStalledClients(server, { ...options, cut: (socket) => endings.reset(socket) });
  options.portions.watch(server);
  endings.watch(server);
  server.on('request', answer);
  server.on('checkContinue', (request, response) => {
    if (Number(request.headers['content-length'] ?? 0) <= options.maxBody) response.writeContinue();
    else {
      (request as GatheringRequest).isWithoutBody = true;
      response.shouldKeepAlive = false;
    }
    answer(request, response);
  });
  // RFC 9110, 10.1.1: an expectation that is not known may be ignored.
  server.on('checkExpectation', answer);
  server.on('connect', (_request, socket) => refuseConnect(socket, onProblem, bare));
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    const answerIt = () => refuse(error, socket, onProblem, bare);
    if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT') late.end(socket as Socket, answerIt);
    else answerIt();
  });
  await listenAt(server, { host: options.host, port: options.port, backlog });
  const openings = new Openings({ onAccepted: options.onConnection });
  openings.watch(server);
  // What has connected is served to the end.
  drain.begun.addEventListener('abort', () => openings.stop());
  return server;
}

/** What TLS needs is loaded only when it is used. */
async function createServer(tls: Tls | undefined, handshakeTimeout: number, http: HttpOptions): Promise<Server> {
  if (tls === undefined) return createHttpServer(http);
  const { TlsServer } = await import('./tls/tls-server.ts');
  return new TlsServer(tls, handshakeTimeout, http);
}

/** Rejects with a clear message when the address cannot be listened on. */
export function listenAt(
  server: Server,
  address: { readonly host: string; readonly port: number; readonly backlog?: number },
): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => reject(cannotListen(cause, address)));
    server.listen(address, () => resolve());
  });
}

export function addressOf(server: Server): AddressInfo {
  return server.address() as AddressInfo;
}

function cannotListen(cause: NodeJS.ErrnoException, { host, port }: Pick<ServerOptions, 'host' | 'port'>): Error {
  const reasons: Record<string, string> = {
    EADDRINUSE: 'another process uses the port',
    EACCES: 'this user may not use the port',
    EADDRNOTAVAIL: 'this machine does not have the address',
    ENOTFOUND: 'the name is not known',
  };
  const why = reasons[cause.code ?? ''] ?? cause.message;
  return new Error(`Cannot listen on ${host}:${port}: ${why}.`, { cause });
}
