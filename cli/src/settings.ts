/** The options that every command has, with their variables. */
import type { Command } from 'commander';
import { Client } from './client/client.ts';
import { plainTextWarning, type TlsFileOptions, tlsFiles } from './client/tls.ts';
import { CliError, exitCodes } from './exit-codes.ts';
import { type Context, type Io, say } from './io.ts';
import { readNamed } from './named-file.ts';

export interface CommonOptions extends TlsFileOptions {
  readonly url?: string;
  readonly token?: string;
  readonly tokenFile?: string;
  readonly identity?: string;
  readonly retryFor?: number;
  readonly quiet?: boolean;
}

/** Milliseconds; more than a request may wait for the store. */
const idleTimeout = 60_000;

/** Seconds for which a command tries again. A person waits for the short ones, who may have given a wrong URL. */
const retryFor = { short: 5, long: 60 };
const shortCommands: ReadonlySet<string> = new Set(['get', 'set', 'delete', 'incr', 'transaction', 'search', 'whoami']);

export function withCommonOptions(command: Command): Command {
  return command
    .option('--url <url>', 'where the store is (KV_URL, else http://127.0.0.1:8080)')
    .option('--token <token>', 'bearer token; other users of this machine can see it, prefer a file')
    .option('--token-file <file>', 'file with the bearer token (KV_TOKEN_FILE)')
    .option('--ca-file <file>', 'certificate authority that an https store is checked against (KV_CA_FILE)')
    .option('--cert-file <file>', 'client certificate, with --key-file (KV_CERT_FILE)')
    .option('--key-file <file>', 'key of the client certificate (KV_KEY_FILE)')
    .option('--identity <identity>', 'refuse to talk to any other store (KV_EXPECT_IDENTITY)')
    .option(
      '--retry-for <seconds>',
      `how long to try again while the store cannot be reached or is busy (default: ${
        shortCommands.has(command.name()) ? retryFor.short : retryFor.long
      })`,
      seconds,
    )
    .option('-q, --quiet', 'say nothing but errors');
}

/** @param name of the command @throws CliError (usage) */
export function createContext(name: string, options: CommonOptions, io: Io): Context {
  const url = parseUrl(options.url ?? (io.env.KV_URL || 'http://127.0.0.1:8080'));
  const retrySeconds = options.retryFor ?? (shortCommands.has(name) ? retryFor.short : retryFor.long);
  let told = '';
  let warning = options.quiet === true ? undefined : plainTextWarning(url);
  const client = new Client({
    url,
    // Also with --quiet: it says that more is trusted than a file.
    tls: tlsFiles(options, io.env, url, (text) => say(io, text)),
    token() {
      const token = readToken(options, io);
      // Before the first request that has one.
      if (token !== undefined && warning !== undefined) say(io, warning);
      if (token !== undefined) warning = undefined;
      return token;
    },
    identity: readIdentity(options, io),
    idleTimeout,
    clock: io.clock,
    signal: io.signal,
    retryTime: retrySeconds * 1000,
    random: Math.random,
    onWait({ message }) {
      // Once for each trouble, not once for each try.
      if (options.quiet !== true && message !== told) say(io, `${message}; trying again`);
      told = message;
    },
  });
  return { ...io, client };
}

/** @throws CliError (usage) */
function parseUrl(text: string): URL {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol)) {
    const guess = `http://${text.replace(/^\/{2,}/, '')}`;
    const hint = !/^[/\\](?!\/)|:\/\//.test(text) && URL.canParse(guess) ? `; did you mean ${guess}?` : '';
    throw new CliError(`${JSON.stringify(text)} is no http or https URL${hint}`, exitCodes.usage);
  }
  // Not repeated in the message: what is wrong with it may be a password.
  if (url.username !== '' || url.password !== '') {
    const hint = 'the store takes bearer tokens: use --token-file (KV_TOKEN_FILE)';
    throw new CliError(`the URL has a user name or a password, which are not used; ${hint}`, exitCodes.usage);
  }
  if (url.search !== '' || url.hash !== '') {
    throw new CliError(
      `${JSON.stringify(text)} has a query or a fragment: the URL is that of the store`,
      exitCodes.usage,
    );
  }
  return url;
}

function readToken({ token, tokenFile }: CommonOptions, { env }: Io): string | undefined {
  if (token !== undefined) return checkToken(token, '--token');
  const file = tokenFile ?? (env.KV_TOKEN_FILE || undefined);
  if (file === undefined) return undefined;
  return checkToken(readNamed('the token', file).toString('latin1').trim(), file);
}

/** RFC 6750, 2.1. Anything else would be sent as another token, or not at all. @throws CliError (usage) */
function checkToken(token: string, where: string): string {
  if (/^[\w.~+/-]+=*$/.test(token)) return token;
  throw new CliError(`${where} holds no bearer token: one has letters, digits and -._~+/=`, exitCodes.usage);
}

/** What a store may be called (KV_IDENTITY of the service): anything else fits no header. @throws CliError (usage) */
function readIdentity({ identity }: CommonOptions, { env }: Io): string | undefined {
  const [text, where] =
    identity === undefined ? [env.KV_EXPECT_IDENTITY || undefined, 'KV_EXPECT_IDENTITY'] : [identity, '--identity'];
  if (text === undefined || /^[!-~]{1,253}$/.test(text)) return text;
  throw new CliError(
    `${where} is no identity: one has 1 to 253 visible ASCII characters without spaces`,
    exitCodes.usage,
  );
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
