import { KubeConfig, type RequestContext } from '@kubernetes/client-node';

type DispatcherOptions = ReturnType<KubeConfig['createDispatcherOptions']>;
type Dispatcher = NonNullable<ReturnType<RequestContext['getDispatcher']>>;

/**
 * A kubeconfig whose calls share connections: the base class makes a new connection pool, so a new TLS handshake, for
 * every single call. The pool is renewed now and then because certificates and CAs are read when it is made.
 */
export class PooledKubeConfig extends KubeConfig {
  /** Milliseconds after which the pool is made anew, so a rotated certificate is picked up. */
  static readonly poolLifetimeMs = 10 * 60_000;

  #pool: Dispatcher | undefined;
  #madeAt = 0;

  /**
   * HTTP/1.1: in HTTP/2 the library closes a session that was idle for seconds with an error, which ends the process where a stream
   * of a watch that was given up has not closed yet (ADR 0316).
   */
  override createDispatcherOptions(...given: Parameters<KubeConfig['createDispatcherOptions']>): DispatcherOptions {
    const options = super.createDispatcherOptions(...given);
    if (options.type !== 'agent') return options;
    // The library's option, which the types leave out.
    const http1 = { allowH2: false };
    return { ...options, connect: { ...options.connect, ...http1 } };
  }

  override async applySecurityAuthentication(context: RequestContext): Promise<void> {
    await super.applySecurityAuthentication(context);
    if (this.#pool === undefined || performance.now() - this.#madeAt > PooledKubeConfig.poolLifetimeMs) {
      const retired = this.#pool;
      this.#pool = context.getDispatcher();
      this.#madeAt = performance.now();
      // Closes once the calls it still carries end. No caller waits for it, so a failure has no receiver.
      retired?.close().catch(() => undefined);
    }
    if (this.#pool !== undefined) context.setDispatcher(this.#pool);
  }

  /** Ends every connection at once. */
  async destroy(): Promise<void> {
    const pool = this.#pool;
    this.#pool = undefined;
    await pool?.destroy();
  }
}
