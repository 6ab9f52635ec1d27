/** Whether spans arrive: one line when that ends, one when it begins again, and a count of those that are lost. */
import type { Logger } from 'pino';
import { Counter, type Registry } from 'prom-client';

export interface ExportHealthParts {
  readonly log: Pick<Logger, 'warn' | 'info'>;
  readonly registry: Registry;
}

export class ExportHealth {
  #parts: (ExportHealthParts & { readonly dropped: Counter }) | undefined;
  /** What happened before there was a log. */
  readonly #early: ((health: ExportHealth) => void)[] = [];
  #isFailing = false;
  /** Since it fails. */
  #lost = 0;

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
    if (this.#isFailing) return;
    this.#isFailing = true;
    log.warn({ reason: why }, 'traces cannot be sent, spans are dropped: look at the OTEL_EXPORTER_OTLP_ settings');
  }

  /** Spans have arrived. */
  sent(): void {
    if (!this.#isFailing) return;
    this.#parts?.log.info({ dropped: this.#lost }, 'traces are sent again');
    this.#isFailing = false;
    this.#lost = 0;
  }

  /** What the SDK says of the settings, such as an exporter that it does not know. */
  warned(text: string): void {
    if (this.#parts === undefined) this.#early.push((health) => health.warned(text));
    else this.#parts.log.warn({ reason: text }, 'a setting of traces cannot be used');
  }
}
