import { type Alarm, alarms, type EtcdOutcome } from './contract.ts';
import { compareVersions, parseVersion } from './image-version.ts';
import type { Observation } from './observe.ts';
import type { Action, Step } from './plan/situation.ts';

/** After an action or a record: caches and members need a moment to show it. */
const afterStepMs = 500;
/** While waiting for something that may show in no watch, such as a learner catching up. */
const waitingMs = 2_000;
/** Nothing to do: alarms and members that stopped answering are found by looking. */
const settledMs = 30_000;

/** Actions whose hindrance somebody has to know of, with what it is called. */
const failures: Readonly<Partial<Record<Action['kind'], string>>> = {
  'resize-claim': 'EtcdVolumeNotGrown',
  'change-access': 'EtcdAccessNotLimited',
};

/**
 * @param hindrance why the step's action could not be done for now
 */
export function outcomeOf(
  members: number,
  { seats }: Observation,
  step: Step,
  hindrance: string | undefined,
): EtcdOutcome {
  const version = lowestVersion(seats.flatMap(({ status }) => status?.version ?? []));
  const done = hindrance === undefined && (step.action !== undefined || step.state !== undefined);
  const settled = step.settled ?? false;
  const failure = hindrance === undefined || step.action === undefined ? undefined : failures[step.action.kind];
  // What was wrong before the action counts for more than that it failed.
  const reason = step.degraded === true ? step.reason : (failure ?? step.reason);
  return {
    readyMembers: seats.filter(({ ready, status }) => ready && status !== undefined && !status.isLearner).length,
    members,
    ...(version === undefined ? {} : { version }),
    settled,
    reason,
    message: hindrance === undefined ? step.message : `${step.message}: ${hindrance}`,
    degraded: (step.degraded ?? false) || failure !== undefined,
    alarms: countAlarms(seats),
    requeueAfterMs: settled || failure !== undefined ? settledMs : done ? afterStepMs : waitingMs,
  };
}

function countAlarms(seats: Observation['seats']): Record<Alarm, number> {
  const raised = seats.flatMap(({ status }) => status?.alarms ?? []);
  const count = (alarm: Alarm) => [alarm, raised.filter((each) => each === alarm).length];
  return Object.fromEntries(alarms.map(count)) as Record<Alarm, number>;
}

function lowestVersion(versions: readonly string[]): string | undefined {
  const [lowest] = versions
    .map(parseVersion)
    .filter((version) => version !== undefined)
    .sort(compareVersions);
  return lowest === undefined ? undefined : `${lowest.major}.${lowest.minor}.${lowest.patch}`;
}
