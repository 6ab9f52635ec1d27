/** How long things last that replicas agree on (ADR 0290). All in milliseconds. */

/** D: a lease is trusted so long after a check was sent. */
export const trustTime = 2000;
/** Between two checks. */
export const checkInterval = 500;
/** W: a notice is known so long before the reader's key is deleted: clocks may differ by a tenth. */
export const removalTime = 1.1 * trustTime + 100;
/** A call of etcd that takes longer is not waited for. */
export const callTime = 1000;
