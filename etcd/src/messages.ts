/** Responses of etcd as etcd.proto describes them and schema.ts reads them: 64-bit numbers and enums are texts. */

export interface MemberResponse {
  readonly ID: string;
  readonly name: string;
  readonly peerURLs: readonly string[];
  readonly clientURLs: readonly string[];
  readonly isLearner: boolean;
}

export interface StatusResponse {
  readonly header: {
    readonly cluster_id: string;
    readonly member_id: string;
    readonly revision: string;
    readonly raft_term: string;
  };
  readonly version: string;
  readonly dbSize: string;
  /** The id of the member that leads. */
  readonly leader: string;
  readonly raftIndex: string;
  readonly raftTerm: string;
  readonly dbSizeInUse: string;
  readonly isLearner: boolean;
  readonly dbSizeQuota: string;
}

export interface AlarmResponse {
  readonly alarms: readonly { readonly memberID: string; readonly alarm: string }[];
}

export interface PermissionResponse {
  readonly permType: 'READ' | 'WRITE' | 'READWRITE';
  readonly key: Buffer;
  readonly range_end: Buffer;
}
