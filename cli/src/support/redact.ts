/** Takes out of what is collected what others must not read. */

/** Settings whose values are secrets, or may hold some. */
const secret = /TOKEN|PASSWORD|SECRET|CREDENTIAL|HEADERS|AUTH|PRIVATE/i;
const hidden = '(left out)';

/** A user and a password in an address. */
const userInfo = /\b([a-z][a-z0-9+.-]*:\/\/)[^\s/@"']+@/gi;
const bearer = /\b(Bearer|Basic) +[\w.~+/=-]+/g;

export function redactText(text: string): string {
  return text.replaceAll(userInfo, `$1${hidden}@`).replaceAll(bearer, `$1 ${hidden}`);
}

/** A Kubernetes object as JSON: values of settings that are not the product's own, annotations and managed fields go. */
export function redactObject(text: string): string {
  const object = JSON.parse(text, (key, value: unknown) => {
    // kubectl keeps a copy of the whole object in an annotation.
    if (key === 'annotations' || key === 'managedFields') return undefined;
    return isSetting(value) && !isHarmless(value.name) ? { ...value, value: hidden } : value;
  });
  return `${redactText(JSON.stringify(object, null, 2))}\n`;
}

function isSetting(value: unknown): value is { name: string; value: string } {
  const { name, value: text } = (value ?? {}) as Readonly<Record<string, unknown>>;
  return typeof name === 'string' && typeof text === 'string';
}

function isHarmless(name: string): boolean {
  return /^(KV_|OTEL_|NODE_OPTIONS$)/.test(name) && !secret.test(name);
}
