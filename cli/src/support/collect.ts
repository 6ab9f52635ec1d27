/** What kubectl knows of a KvStore, put into the folder of a bundle. */
import { add, type Bundle } from './folder.ts';
import { etcdItems, type Item, kvStoreItem, type Place, podItems, podsItem, storeItems } from './items.ts';
import { type Kubectl, KubectlError } from './kubectl.ts';
import { membersOf, podsOf } from './pods.ts';
import { redactObject } from './redact.ts';

/** One call after the other: a cluster in trouble is not to be hurried. */
export async function collectFromCluster(bundle: Bundle, place: Place, kubectl: Kubectl): Promise<void> {
  /** @returns what kubectl wrote, before anything is left out of it; undefined when it could not be had */
  const take = async ({ file, args, isObject = false }: Item): Promise<string | undefined> => {
    let answer: string | undefined;
    await add(bundle, file, async () => {
      const text = await kubectl(args);
      const redacted = isObject ? redactObject(text) : text;
      answer = text;
      return redacted;
    });
    return answer;
  };
  const kvstore = await take(kvStoreItem(place));
  const list = await take(podsItem(place));
  for (const item of storeItems(place)) await take(item);
  const pods = list === undefined ? [] : podsOf(list, kvstore !== undefined && hasTls(kvstore));
  // Without a list of pods, the first member may still answer.
  await takeEtcd(bundle, place, list === undefined ? [`${place.kvstore}-etcd-0`] : membersOf(pods), kubectl);
  for (const pod of pods) for (const item of podItems(place, pod)) await take(item);
}

function hasTls(kvstore: string): boolean {
  return (JSON.parse(kvstore) as { spec?: { tls?: unknown } } | null)?.spec?.tls !== undefined;
}

/** Each call goes to the member that answered the last one, and to the others in turn when it does not. */
async function takeEtcd(bundle: Bundle, place: Place, members: readonly string[], kubectl: Kubectl): Promise<void> {
  if (members.length === 0) bundle.missing.push('etcd: the KvStore has no pod of etcd');
  let inTurn = members.map((member) => etcdItems(place, member));
  for (const [index, { file }] of (inTurn[0] ?? []).entries()) {
    await add(bundle, file, async () => {
      const failures: string[] = [];
      for (const items of inTurn) {
        try {
          const text = await answerOf(items[index]?.args ?? [], kubectl);
          inTurn = [items, ...inTurn.filter((others) => others !== items)];
          return text;
        } catch (error) {
          failures.push(error instanceof Error ? error.message : String(error));
        }
      }
      throw new Error([...new Set(failures)].join('; '));
    });
  }
}

/** What etcdctl says of a cluster in which a member is ill is an answer, although it ends with an error. */
async function answerOf(args: readonly string[], kubectl: Kubectl): Promise<string> {
  try {
    return await kubectl(args);
  } catch (error) {
    if (!(error instanceof KubectlError) || error.stdout.trim() === '') throw error;
    return `${error.stdout.trimEnd()}\n\n${error.message}\n`;
  }
}
