/** What a cluster says of one pod with one container. */
import { kubectl } from './kubectl.ts';

export interface PodName {
  readonly namespace: string;
  readonly name: string;
}

/** The same as long as the pod was neither restarted nor unready for a moment. */
export interface Health {
  readonly address: string;
  readonly restarts: number;
  /** How its container ended before; {}: never. */
  readonly lastState: object;
  /** True or False. */
  readonly ready: string;
  /** When that changed last. */
  readonly since: string;
}

interface PodJson {
  readonly status: {
    readonly podIP: string;
    readonly conditions: readonly {
      readonly type: string;
      readonly status: string;
      readonly lastTransitionTime: string;
    }[];
    readonly containerStatuses: readonly { readonly restartCount: number; readonly lastState: object }[];
  };
}

export async function healthOf({ namespace, name }: PodName): Promise<Health> {
  const { status } = JSON.parse(await kubectl('get', 'pod', name, '-n', namespace, '-o', 'json')) as PodJson;
  const [container] = status.containerStatuses;
  const condition = status.conditions.find(({ type }) => type === 'Ready');
  if (container === undefined || condition === undefined) throw new Error(`${name} has no status yet`);
  return {
    address: status.podIP,
    restarts: container.restartCount,
    lastState: container.lastState,
    ready: condition.status,
    since: condition.lastTransitionTime,
  };
}

/** Bytes that the kernel lets a container with Node have: what is enforced, not what the pod asks for. */
export async function limitedMemory({ namespace, name }: PodName): Promise<number> {
  const script = 'console.log(process.constrainedMemory())';
  return Number(await kubectl('exec', name, '-n', namespace, '--', 'node', '--eval', script));
}
