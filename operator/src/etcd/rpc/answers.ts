/** Answers of etcd as etcd.proto describes them and call.ts reads them: 64-bit numbers and enums are texts. */

export interface MemberAnswer {
  readonly ID: string;
  readonly name: string;
  readonly peerURLs: readonly string[];
  readonly clientURLs: readonly string[];
  readonly isLearner: boolean;
}

export interface StatusAnswer {
  readonly header: { readonly cluster_id: string; readonly member_id: string; readonly revision: string };
  readonly version: string;
  readonly dbSize: string;
  readonly leader: string;
  readonly dbSizeInUse: string;
  readonly isLearner: boolean;
  readonly dbSizeQuota: string;
}

export interface AlarmAnswer {
  readonly alarms: readonly { readonly memberID: string; readonly alarm: string }[];
}

export interface PermissionAnswer {
  readonly permType: 'READ' | 'WRITE' | 'READWRITE';
  readonly key: Buffer;
  readonly range_end: Buffer;
}
