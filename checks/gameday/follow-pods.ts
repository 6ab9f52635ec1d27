/** Discovery of pods for a Prometheus that is built without it: a file of targets, written anew when the pods change. */
import { rename, writeFile } from 'node:fs/promises';
import type { V1Pod, V1PodList } from '@kubernetes/client-node';
import { targetsOf } from '../../dashboards/test/support/pods.ts';

/** Milliseconds between two looks. */
const pause = 2000;
const selector = 'app.kubernetes.io/name in (kvstore, kvstore-operator)';

export interface PodFollower {
  stop(): void;
}

/**
 * Resolves when the file is there. What cannot be read later is tried again.
 * @param door host and port of `kubectl proxy`
 */
export async function followPods(door: string, file: string): Promise<PodFollower> {
  let written = '';
  const look = async () => {
    const text = JSON.stringify((await podsAt(door)).flatMap((pod) => targetsOfPod(pod, door)));
    if (text === written) return;
    await writeFile(`${file}.next`, text);
    await rename(`${file}.next`, file);
    written = text;
  };
  await look();
  let timer = setTimeout(again, pause);
  let running = true;
  function again(): void {
    void look()
      .catch(() => undefined)
      .then(() => {
        if (running) timer = setTimeout(again, pause);
      });
  }
  return {
    stop() {
      running = false;
      clearTimeout(timer);
    },
  };
}

async function podsAt(door: string): Promise<readonly V1Pod[]> {
  const address = `http://${door}/api/v1/pods?${new URLSearchParams({ labelSelector: selector })}`;
  const response = await fetch(address, { signal: AbortSignal.timeout(10_000) });
  if (!response.ok) throw new Error(`The list of pods was answered with ${response.status}`);
  return ((await response.json()) as V1PodList).items;
}

function targetsOfPod({ metadata, spec, status }: V1Pod, door: string) {
  const { namespace = '', name = '', labels, annotations } = metadata ?? {};
  const pod = { namespace, name, phase: status?.phase ?? '', labels, annotations, containers: spec?.containers ?? [] };
  return targetsOf(pod, () => door);
}
