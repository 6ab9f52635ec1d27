/** Takes out of what is collected what others must not read. */

/** Settings whose values are secrets, or may hold some. */
const secret = /TOKEN|PASSWORD|SECRET|CREDENTIAL|HEADERS|AUTH|PRIVATE/i;
const hidden = '(left out)';

/** An address up to white space, a double quote (in JSON with its backslash) or the next address of a list. */
const address =
  /\b([a-z][a-z0-9+.-]{0,30}:\/\/)((?:(?!'?,'?[a-z][a-z0-9+.-]{0,30}:\/\/)(?:[^\s"<>`\\]|\\(?!["nrt])))+)/gi;
/** A colon that is not before a port: a password follows, which may hold any unescaped character. */
const password = /^[^/?#:@[]*:(?!\d*(?:[/?#,;)'\]]|$)).*@/;
const user = /^[^/?#]*@/;
const scheme = /\b(Bearer|Basic)([ \t:=]+)[^\s"'\\]+/gi;

/** Users, passwords and queries of addresses go, and what follows Bearer and Basic. For each text once. */
export function redactText(text: string): string {
  return text
    .replaceAll(address, (_, start: string, rest: string) => start + withoutSecrets(rest))
    .replaceAll(scheme, `$1$2${hidden}`);
}

/** @param rest of an address, behind its scheme */
function withoutSecrets(rest: string): string {
  const userInfo = (password.exec(rest) ?? user.exec(rest))?.[0] ?? '';
  const place = rest.slice(userInfo.length);
  const query = place.search(/[?#]./);
  return `${userInfo === '' ? '' : `${hidden}@`}${query === -1 ? place : place.slice(0, query + 1) + hidden}`;
}

/**
 * A Kubernetes object as JSON: values of settings that are not the product's own, command lines, annotations and managed
 * fields go. What is left still needs redactText.
 * @throws SyntaxError
 */
export function redactObject(text: string): string {
  const object = JSON.parse(text, (key, value: unknown) => {
    // kubectl keeps a copy of the whole object in an annotation.
    if (key === 'annotations' || key === 'managedFields') return undefined;
    if ((key === 'args' || key === 'command') && Array.isArray(value)) return [hidden];
    return isSetting(value) && !isHarmless(value.name) ? { ...value, value: hidden } : value;
  });
  return `${JSON.stringify(object, null, 2)}\n`;
}

function isSetting(value: unknown): value is { name: string; value: string } {
  const { name, value: text } = (value ?? {}) as Readonly<Record<string, unknown>>;
  return typeof name === 'string' && typeof text === 'string';
}

function isHarmless(name: string): boolean {
  return /^(KV_|OTEL_|NODE_OPTIONS$)/.test(name) && !secret.test(name);
}
