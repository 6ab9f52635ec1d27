/** Conditions, as the API conventions have them: the time changes only when the status does. */

export interface Condition {
  readonly type: string;
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason: string;
  readonly message: string;
  readonly observedGeneration: number;
  /** RFC 3339, seconds. */
  readonly lastTransitionTime: string;
}

export type Finding = Pick<Condition, 'status' | 'reason' | 'message'>;

/** The condition of this type that a status has. */
export function conditionOf(
  status: { readonly conditions?: readonly Condition[] } | undefined,
  type: string,
): Condition | undefined {
  return status?.conditions?.find((condition) => condition.type === type);
}

/** A condition's new state, with the time of its last transition. */
export function transition(
  type: string,
  { status, reason, message }: Finding,
  observedGeneration: number,
  known: readonly Condition[],
  now: Date,
): Condition {
  const before = known.find((condition) => condition.type === type);
  const lastTransitionTime =
    before?.status === status ? before.lastTransitionTime : `${now.toISOString().slice(0, 19)}Z`;
  return { type, status, reason, message: message.slice(0, 32_768), observedGeneration, lastTransitionTime };
}
