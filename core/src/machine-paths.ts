/** Paths of the service that machines ask for, by the address of a pod. */

/** Is the process to be kept? */
export const livePath = '/livez';

/** Is it to be sent requests? */
export const readyPath = '/readyz';

export const metricsPath = '/metrics';

/** Asked by kubelets, again and again: they never wait, and need neither a certificate nor a name of the service. */
export const probePaths: ReadonlySet<string> = new Set([livePath, readyPath]);

export const machinePaths: ReadonlySet<string> = new Set([...probePaths, metricsPath]);
