/** The options that every command has, with their variables. */
import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { Client } from './client.ts';
import { CliError, exitCodes } from './exit-codes.ts';
import { type Context, type Io, say } from './io.ts';
import { plainTextWarning, type TlsFileOptions, tlsFiles } from './tls.ts';

export interface CommonOptions extends TlsFileOptions {
  readonly url?: string;
  readonly token?: string;
  readonly tokenFile?: string;
  readonly identity?: string;
  readonly retryFor: number;
  readonly quiet?: boolean;
}

/** Twice the time between two signs of life of a watch, and more than a request may wait for the store. */
const idleTimeout = 60_000;

export function withCommonOptions(command: Command): Command {
  return command
    .option('--url <url>', 'where the store is (KV_URL, else http://127.0.0.1:8080)')
    .option('--token <token>', 'bearer token; other users of this machine can see it, prefer a file')
    .option('--token-file <file>', 'file with the bearer token (KV_TOKEN_FILE)')
    .option('--ca-file <file>', 'certificate authority that an https store is checked against (KV_CA_FILE)')
    .option('--cert-file <file>', 'client certificate, with --key-file (KV_CERT_FILE)')
    .option('--key-file <file>', 'key of the client certificate (KV_KEY_FILE)')
    .option('--identity <identity>', 'refuse to talk to any other store (KV_EXPECT_IDENTITY)')
    .option('--retry-for <seconds>', 'how long to try again while the store cannot be reached or is busy', seconds, 60)
    .option('-q, --quiet', 'say nothing but errors');
}

/** @throws CliError (usage) */
export function createContext(options: CommonOptions, io: Io): Context {
  const text = options.url ?? io.env.KV_URL ?? 'http://127.0.0.1:8080';
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw new CliError(`${JSON.stringify(text)} is no http or https URL`, exitCodes.usage);
  }
  let told = '';
  let warning = options.quiet === true ? undefined : plainTextWarning(url);
  const client = new Client({
    url,
    tls: tlsFiles(options, io.env, url),
    token() {
      const token = readToken(options, io);
      // Before the first request that has one.
      if (token !== undefined && warning !== undefined) say(io, warning);
      if (token !== undefined) warning = undefined;
      return token;
    },
    identity: options.identity ?? (io.env.KV_EXPECT_IDENTITY || undefined),
    idleTimeout,
    clock: io.clock,
    signal: io.signal,
    patience: options.retryFor * 1000,
    random: Math.random,
    onWait({ message }) {
      // Once for each trouble, not once for each try.
      if (options.quiet !== true && message !== told) say(io, `${message}; trying again`);
      told = message;
    },
  });
  return { ...io, client };
}

function readToken({ token, tokenFile }: CommonOptions, { env }: Io): string | undefined {
  if (token !== undefined) return token;
  const file = tokenFile ?? (env.KV_TOKEN_FILE === '' ? undefined : env.KV_TOKEN_FILE);
  if (file === undefined) return undefined;
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (cause) {
    throw new CliError(`the token: ${cause instanceof Error ? cause.message : cause}`, exitCodes.usage, cause);
  }
}

/** A whole number of seconds, 0 to a day. */
export function seconds(text: string): number {
  return wholeNumber(0, 86_400)(text);
}

/** @throws CliError (usage) from the returned function */
export function wholeNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d{1,16}$/.test(text) || value < least || value > most) {
      throw new CliError(`${JSON.stringify(text)} is no whole number from ${least} to ${most}`, exitCodes.usage);
    }
    return value;
  };
}

/** A version as `set` and `get --json` print it. @throws CliError (usage) */
export function version(text: string): string {
  if (/^[0-9a-z]{8}-\d{1,15}(~\d{1,6})?$/.test(text)) return text;
  const how = 'a version is what `set` and `get --json` print, such as k3f9a2xq-7';
  throw new CliError(`${JSON.stringify(text)} is no version; ${how}`, exitCodes.usage);
}
