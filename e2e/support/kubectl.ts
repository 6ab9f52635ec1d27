/** kubectl against the current KUBECONFIG. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Runs kubectl and returns what it prints; throws with its error output. */
export async function kubectl(...words: readonly string[]): Promise<string> {
  const { stdout } = await run('kubectl', words, { maxBuffer: 64 * 1024 * 1024, timeout: 300_000 });
  return stdout;
}

/** Applies objects that are given as a value. */
export async function apply(object: object): Promise<void> {
  const child = execFile('kubectl', ['apply', '-f', '-']);
  const ended = new Promise<void>((resolve, reject) => {
    let errors = '';
    child.stderr?.on('data', (text) => {
      errors += text;
    });
    child.on('close', (code) => (code === 0 ? resolve() : reject(new Error(`kubectl apply: ${errors}`))));
  });
  child.stdin?.end(JSON.stringify(object));
  await ended;
}

/** A value of an object, by JSONPath; empty when there is none. */
export function field(path: string, ...object: readonly string[]): Promise<string> {
  return kubectl('get', ...object, '-o', `jsonpath={${path}}`);
}

export interface Pod {
  readonly name: string;
  readonly uid: string;
  readonly ready: boolean;
}

/** Pods that are not being deleted. */
export async function podsOf(namespace: string, selector: string): Promise<readonly Pod[]> {
  const list = JSON.parse(await kubectl('get', 'pods', '-n', namespace, '-l', selector, '-o', 'json')) as {
    items: {
      metadata: { name: string; uid: string; deletionTimestamp?: string };
      status: { conditions?: { type: string; status: string }[] };
    }[];
  };
  return list.items
    .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
    .map(({ metadata, status }) => ({
      name: metadata.name,
      uid: metadata.uid,
      ready: status.conditions?.some(({ type, status: value }) => type === 'Ready' && value === 'True') ?? false,
    }));
}

/** GET of a path of one pod, through the API server: no matter how the pod's network is reached. */
export function getFromPod(namespace: string, pod: string, port: number, path: string): Promise<string> {
  return kubectl('get', '--raw', `/api/v1/namespaces/${namespace}/pods/http:${pod}:${port}/proxy${path}`);
}
