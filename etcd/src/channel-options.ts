/** How gRPC keeps the connections to etcd. */
import { type ClientOptions, InterceptingCall, type Interceptor } from '@grpc/grpc-js';

/** A page of the first sync or a catching-up watch is far larger than gRPC's default of 4 MiB. */
const maxReceiveBytes = 64 << 20;

/**
 * Bytes that a member sends before the process has taken what came first. With HTTP/2's default, 64 KiB, a value of a
 * mebibyte takes seventeen turns of the event loop and as many round trips, and those who wait for it as long.
 */
const window = 2 << 20;

/** A member without a leader answers at once, instead of holding the call until its deadline. */
const requireLeader: Interceptor = (options, nextCall) =>
  new InterceptingCall(nextCall(options), {
    start(metadata, listener, next) {
      metadata.set('hasleader', 'true');
      next(metadata, listener);
    },
  });

const common = {
  // A watch shares no connection with the calls, so that neither holds up the other.
  'grpc.use_local_subchannel_pool': 1,
  // A write is sent once: what is sent again is the caller's decision.
  'grpc.enable_retries': 0,
  'grpc.service_config_disable_resolution': 1,
};

/** Of connections that stay, with further interceptors behind the client's own. */
export function lastingOptions(interceptors: readonly Interceptor[] = []): ClientOptions {
  return {
    ...common,
    'grpc.max_receive_message_length': maxReceiveBytes,
    'grpc.max_send_message_length': -1,
    'grpc-node.flow_control_window': window,
    'grpc.initial_reconnect_backoff_ms': 100,
    'grpc.max_reconnect_backoff_ms': 1000,
    // A member that was replaced has another address under the same name. The default is 30 s.
    'grpc.dns_min_time_between_resolutions_ms': 500,
    // etcd ends connections that ping more often than every 5 s (--grpc-keepalive-min-time).
    'grpc.keepalive_time_ms': 6000,
    'grpc.keepalive_timeout_ms': 2000,
    interceptors: [requireLeader, ...interceptors],
  };
}

/** Of a connection for one call or a few. `serverName`: what the member's certificate must have. */
export function briefOptions(serverName: string): ClientOptions {
  return { ...common, 'grpc.ssl_target_name_override': serverName, 'grpc.enable_http_proxy': 0 };
}
