/** Reads the body of a write, up to a limit. */
import type { IncomingMessage } from 'node:http';
import type { Context } from 'koa';
import bodyParser from 'koa-bodyparser';
import { Problem } from '../errors.ts';
import type { Spans } from '../store/spans.ts';

const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * Resolves with the decompressed bytes, whatever Content-Type says (`curl -d` names a form).
 * Rejects with Problem `body-too-large`, `invalid-body` or `unsupported-encoding`.
 */
export type ReadBody = (ctx: Context) => Promise<Buffer>;

export interface BodyOptions {
  /** Bytes of a body, decompressed. */
  readonly maxBytes: number;
  /** What is done when the bytes come belongs to the request's trace. */
  readonly spans: Spans;
}

export function bodyReader({ maxBytes, spans }: BodyOptions): ReadBody {
  const parse = bodyParser({
    enableTypes: ['text'],
    extendTypes: { text: ['*/*'] },
    textLimit: String(maxBytes),
    // No decoding there: it would replace bytes that are not UTF-8 without a word.
    encoding: null as unknown as string,
    onerror: (error) => {
      throw bodyProblem(error, maxBytes);
    },
  });
  return (ctx) => {
    const { headers } = ctx.req;
    const length = Number(headers['content-length'] ?? 0);
    if (length > maxBytes) return Promise.reject(tooLarge(maxBytes, String(length)));
    if (isPlain(headers)) return length === 0 ? Promise.resolve(noBytes) : readPlain(ctx.req, length, spans);
    return readEncoded(ctx, parse);
  };
}

/** Throws Problem `invalid-body` when it is not UTF-8. */
export function decodeBody(bytes: Buffer): string {
  try {
    return utf8.decode(bytes);
  } catch (cause) {
    throw new Problem('invalid-body', 'The body is not UTF-8.', { cause });
  }
}

const noBytes = Buffer.alloc(0);

function isPlain(headers: IncomingMessage['headers']): boolean {
  const encoding = headers['content-encoding'];
  return headers['transfer-encoding'] === undefined && (encoding === undefined || encoding === 'identity');
}

/**
 * A body as it is, of known length: the parser's layers take a tenth of a set's time. Of a body that ends early nothing
 * more is done: the server answers what is no whole request (server/refuse.ts), or the client has left.
 */
function readPlain(request: IncomingMessage, length: number, spans: Spans): Promise<Buffer> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let missing = length;
    const read = (chunk: Buffer) => {
      chunks.push(chunk);
      missing -= chunk.length;
      if (missing === 0) resolve(chunks.length === 1 ? chunk : Buffer.concat(chunks, length));
    };
    // Events come in the context of the connection, not in that of the request.
    request.on('data', spans.bind(read));
  });
}

async function readEncoded(ctx: Context, parse: ReturnType<typeof bodyParser>): Promise<Buffer> {
  // The parser reads no body whose type it cannot make out, such as an empty one.
  ctx.req.headers['content-type'] = 'text/plain';
  await whileOpen(
    ctx.req,
    parse(ctx, async () => {}),
  );
  const bytes: unknown = ctx.request.rawBody;
  return Buffer.isBuffer(bytes) ? bytes : noBytes;
}

/** Rejects when the client goes away, of which the parser learns nothing when the body is compressed. */
async function whileOpen(request: IncomingMessage, parsed: Promise<void>): Promise<void> {
  let onClose = () => {};
  const gone = new Promise<never>((_resolve, reject) => {
    onClose = () => {
      if (!request.complete) reject(endedEarly());
    };
    request.once('close', onClose);
  });
  try {
    await Promise.race([parsed, gone]);
  } finally {
    request.off('close', onClose);
  }
}

function endedEarly(cause?: unknown): Problem {
  return new Problem('invalid-body', 'The body ended early.', { cause });
}

function tooLarge(limit: number, size: string): Problem {
  return new Problem('body-too-large', `A body has at most ${limit} bytes; this one has ${size}.`);
}

/** The errors of raw-body (their `type` names the cause), inflation and zlib. */
function bodyProblem(error: Error & { type?: string; status?: number; received?: number }, limit: number): Problem {
  if (error.type === 'entity.too.large') return tooLarge(limit, `${error.received} or more`);
  if (error.type === 'request.aborted' || error.type === 'request.size.invalid') {
    return endedEarly(error);
  }
  if (error.status === 415) {
    return new Problem('unsupported-encoding', 'Content-Encoding is gzip, deflate, br or identity.', { cause: error });
  }
  if (/^(Z_|ERR_|zlib)/.test((error as NodeJS.ErrnoException).code ?? '')) {
    return new Problem('invalid-body', 'The body cannot be decompressed.', { cause: error });
  }
  return new Problem('internal', 'Reading the body failed.', { cause: error });
}
