/**
 * Which series the queries pick. Scraping gives every target the labels `namespace`, `kvstore` (the KvStore's name),
 * `pod` and `component` (service, etcd or operator), see scrape.yaml. The operator's own series about a KvStore carry
 * its `namespace` and `name`.
 */

export const chosen = 'namespace=~"$namespace", kvstore=~"$kvstore"';
export const chosenPod = `${chosen}, pod=~"$pod"`;
/** Node's and the process's own metrics come from the operator too. */
export const servicePod = `component="service", ${chosenPod}`;
export const chosenName = 'namespace=~"$namespace", name=~"$kvstore"';

/** Everything that callers ask for; probes, scrapes and unknown paths are left out. */
export const apiRoutes = 'http_route!~"|/livez|/readyz|/metrics"';
/** Refused by admission or as malformed, before a route was known; unknown paths too. */
export const shedRoute = 'http_route=""';
/** Answers whose time does not depend on how much was asked for, nor last on purpose. */
export const pointRoutes = 'http_route=~"/get/{key}|/set|/delete|/transaction|/increment"';
/** Without 505: a client that speaks another version of HTTP is no fault of the service. */
export const serverErrors = 'http_response_status_code=~"5..", http_response_status_code!="505"';

export const window = '$__rate_interval';
