/**
 * Whether spans arrive: a line when that ends, a line when it begins again, and a count of those that are lost. A collector
 * that takes every other batch gets a pair of lines a minute at most.
 */
import type { Logger } from 'pino';
import { Counter, type Registry } from 'prom-client';

export interface ExportHealthParts {
  readonly log: Pick<Logger, 'warn' | 'info'>;
  readonly registry: Registry;
}

/** Milliseconds between two warnings that spans are lost. */
const quietTime = 60_000;
/** Different texts of the SDK that are logged, each once. */
const mostWarnings = 20;

export class ExportHealth {
  #parts: (ExportHealthParts & { readonly dropped: Counter }) | undefined;
  /** What happened before there was a log. */
  readonly #early: ((health: ExportHealth) => void)[] = [];
  readonly #now: () => number;
  readonly #warnings = new Set<string>();
  /** The log says that spans are lost, and not yet that they arrive again. */
  #isSaid = false;
  #saidAt = Number.NEGATIVE_INFINITY;
  /** Since the log said that spans arrive. */
  #lost = 0;

  /** `now` in milliseconds, monotonic. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** From now on it is logged and counted, with what happened before. */
  report({ log, registry }: ExportHealthParts): void {
    const dropped = new Counter({
      name: 'kvstore_trace_spans_dropped_total',
      help: 'Spans of sampled requests that could not be sent.',
      registers: [registry],
    });
    this.#parts = { log, registry, dropped };
    for (const event of this.#early.splice(0)) event(this);
  }

  /** Spans are lost. */
  dropped(spans: number, why: string): void {
    if (this.#parts === undefined) {
      this.#early.push((health) => health.dropped(spans, why));
      return;
    }
    const { log, dropped } = this.#parts;
    dropped.inc(spans);
    this.#lost += spans;
    if (this.#isSaid || this.#now() - this.#saidAt < quietTime) return;
    this.#isSaid = true;
    this.#saidAt = this.#now();
    log.warn({ reason: why }, 'traces cannot be sent, spans are dropped: look at the OTEL_EXPORTER_OTLP_ settings');
  }

  /** Spans have arrived. */
  sent(): void {
    if (!this.#isSaid) return;
    this.#parts?.log.info({ dropped: this.#lost }, 'traces are sent again');
    this.#isSaid = false;
    this.#lost = 0;
  }

  /** What the SDK says, such as that it does not know an exporter, or that a collector refused some spans of a batch. */
  warned(text: string): void {
    if (this.#parts === undefined) {
      this.#early.push((health) => health.warned(text));
      return;
    }
    if (this.#warnings.has(text) || this.#warnings.size >= mostWarnings) return;
    this.#warnings.add(text);
    this.#parts.log.warn({ reason: text }, 'the SDK of OpenTelemetry warns');
  }
}
