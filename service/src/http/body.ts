/** Reads a request's body as text, up to a limit. */
import type { IncomingMessage } from 'node:http';
import type { Middleware } from 'koa';
import bodyParser from 'koa-bodyparser';
import { Problem } from '../errors.ts';
import type { BegunWrites } from './hot-set.ts';

const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * Puts the decoded body into ctx.request.rawBody, whatever Content-Type says (`curl -d` names a form).
 * Rejects with Problem `body-too-large`, `invalid-body`, `unsupported-encoding`, `request-timeout`.
 */
export function readBody(maxBytes: number, begun: BegunWrites): Middleware {
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
  return async (ctx, next) => {
    const read = begun.get(ctx.req)?.body;
    if (read !== undefined) {
      ctx.request.rawBody = decodeBody(read);
      return next();
    }
    const announced = Number(ctx.req.headers['content-length'] ?? 0);
    if (announced > maxBytes) throw tooLarge(maxBytes, `${announced}`);
    // The parser reads no body whose type it cannot make out, such as an empty one.
    ctx.req.headers['content-type'] = 'text/plain';
    await whileOpen(
      ctx.req,
      parse(ctx, async () => {}),
    );
    const bytes: unknown = ctx.request.rawBody;
    ctx.request.rawBody = Buffer.isBuffer(bytes) ? decodeBody(bytes) : '';
    await next();
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
