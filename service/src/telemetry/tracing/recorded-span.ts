/** What happened in a span, until it is handed over. */
import { Problem, problems } from '@kvstore/core/problem.ts';
import {
  type Attributes,
  type Context,
  type Exception,
  ROOT_CONTEXT,
  type SpanContext,
  trace,
} from '@opentelemetry/api';
import type { Span } from '../../store/spans.ts';

/** What a span is a part of. */
export interface Parent {
  /** Undefined: of nothing, a trace begins. */
  readonly ids: SpanContext | undefined;
  /** What came with the request, and goes on to the calls that are made for it. */
  readonly carried: Context;
}

/** The parent of a span without a caller. */
export const noParent: Parent = { ids: undefined, carried: ROOT_CONTEXT };

export interface Beginning {
  readonly name: string;
  readonly kind: number;
  readonly parent: Parent;
  readonly ids: SpanContext;
  /** Attributes that are known from the beginning; those that were set meanwhile have precedence. */
  readonly describe: (() => Attributes) | undefined;
}

export interface Failure {
  readonly message: string | undefined;
  /** Without what cannot be copied to another thread. */
  readonly cause: Exception | undefined;
}

export class RecordedSpan implements Span, Parent {
  name: string;
  readonly kind: number;
  readonly parent: SpanContext | undefined;
  readonly carried: Context;
  readonly ids: SpanContext;
  readonly describe: (() => Attributes) | undefined;
  readonly links: SpanContext[] = [];
  readonly attributes: Attributes = {};
  /** Milliseconds since 1970. */
  readonly start = Date.now();
  readonly #started = performance.now();
  readonly #onEnd: (span: RecordedSpan) => void;
  #end: number | undefined;
  #failure: Failure | undefined;

  constructor({ name, kind, parent, ids, describe }: Beginning, onEnd: (span: RecordedSpan) => void) {
    this.name = name;
    this.kind = kind;
    this.parent = parent.ids;
    this.carried = parent.carried;
    this.ids = ids;
    this.describe = describe;
    this.#onEnd = onEnd;
  }

  /** For calls. */
  get context(): Context {
    return trace.setSpanContext(this.carried, this.ids);
  }

  get recording(): boolean {
    return this.#end === undefined;
  }

  /** Milliseconds since 1970; undefined while it goes on. */
  get end(): number | undefined {
    return this.#end;
  }

  get failure(): Failure | undefined {
    return this.#failure;
  }

  rename(name: string): void {
    if (this.recording) this.name = name;
  }

  setAttribute(name: string, value: string | number): void {
    if (this.recording) this.attributes[name] = value;
  }

  link(other: SpanContext): void {
    if (this.recording) this.links.push(other);
  }

  fail(message?: string): void {
    if (this.recording) this.#failure = { message, cause: undefined };
  }

  failBecause(cause: unknown): void {
    if (this.recording) this.#failure = { message: undefined, cause: exceptionOf(cause) };
  }

  finish(): void {
    if (!this.recording) return;
    this.#end = this.start + performance.now() - this.#started;
    this.#onEnd(this);
  }
}

function exceptionOf(cause: unknown): Exception {
  if (!(cause instanceof Error)) return String(cause);
  // Its message may name a key, which is for the client that sent it alone; its stack begins with the message.
  if (cause instanceof Problem) return { code: cause.code, name: cause.name, message: problems[cause.code].title };
  const { name, message, stack = '' } = cause;
  const code: unknown = 'code' in cause ? cause.code : undefined;
  return typeof code === 'string' || typeof code === 'number'
    ? { code, name, message, stack }
    : { name, message, stack };
}
