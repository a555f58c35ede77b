// AdminService on grpc-js: what the gateway is and how it does, its lists a page at a time, and a
// copy of its log.

import type {
  ServerUnaryCall,
  ServerWritableStream,
  sendUnaryData,
  UntypedServiceImplementation,
} from '@grpc/grpc-js';
import type { GroupInspector } from '../../core/group.ts';
import type { LogInspector } from '../../core/log-inspection.ts';
import type {
  BackupRequest,
  BackupResponse,
  DeleteConsumerRequest,
  GetDeadLetterRequest,
  ListConsumersRequest,
  ListDeadLettersRequest,
  ListDevicesRequest,
  ListLossesRequest,
  ListLossesResponse,
  ListSegmentsRequest,
  ListSegmentsResponse,
  ListStreamsResponse,
  PurgeDeadLettersRequest,
  ReloadProfilesResponse,
  ReprocessDeadLettersRequest,
  ResetConsumerRequest,
  SeekConsumerRequest,
} from '../../generated/millpond/v1/admin_service.ts';
import type {
  ListGroupDeadLettersRequest,
  ListGroupMembersRequest,
  ListGroupsRequest,
  PurgeGroupDeadLettersRequest,
  RedeliverGroupDeadLettersRequest,
} from '../../generated/millpond/v1/groups.ts';
import type { GatewayStatus } from '../../observability/gateway-status.ts';
import type { CallSet } from '../call-set.ts';
import { sendBackup } from './backup-stream.ts';
import { deleteConsumer, listConsumers, resetConsumer, seekConsumer } from './consumer-calls.ts';
import type { ConsumerConnections } from './consumer-connections.ts';
import {
  getDeadLetter,
  listDeadLetters,
  purgeDeadLetters,
  reprocessDeadLetters,
} from './dead-letter-calls.ts';
import { listDevices } from './device-calls.ts';
import {
  listGroupDeadLetters,
  listGroupMembers,
  listGroups,
  purgeGroupDeadLetters,
  redeliverGroupDeadLetters,
} from './group-calls.ts';
import { fromPageToken, pageSizeOf, toPageToken } from './page-token.ts';
import { toServiceError } from './status-error.ts';
import { toLoss, toSegment, toStatusResponse, toStream } from './status-response.ts';

export interface AdminParts {
  readonly log: LogInspector;
  readonly connections: ConsumerConnections;
  readonly groups: GroupInspector;
  readonly gatewayStatus: () => Promise<GatewayStatus>;
  readonly reloadProfiles: () => Promise<number>;
  readonly backups: CallSet;
}

export function adminHandlers({
  log,
  connections,
  groups,
  gatewayStatus,
  reloadProfiles,
  backups,
}: AdminParts): UntypedServiceImplementation {
  const consumers = { log, connections };
  const grouped = { log, groups };
  return {
    getStatus: unary(async () => toStatusResponse(await gatewayStatus())),
    listStreams: unary(
      async (): Promise<ListStreamsResponse> => ({
        streams: (await log.status()).streams.map(toStream),
      }),
    ),
    listConsumers: unary((request: ListConsumersRequest) => listConsumers(consumers, request)),
    seekConsumer: unary((request: SeekConsumerRequest) => seekConsumer(consumers, request)),
    resetConsumer: unary((request: ResetConsumerRequest) => resetConsumer(consumers, request)),
    deleteConsumer: unary((request: DeleteConsumerRequest) => deleteConsumer(consumers, request)),
    listLosses: unary((request: ListLossesRequest) => listLosses(log, request)),
    listSegments: unary((request: ListSegmentsRequest) => listSegments(log, request)),
    listDevices: unary((request: ListDevicesRequest) => listDevices(log, request)),
    listDeadLetters: unary((request: ListDeadLettersRequest) => listDeadLetters(log, request)),
    getDeadLetter: unary((request: GetDeadLetterRequest) => getDeadLetter(log, request)),
    reprocessDeadLetters: unary((request: ReprocessDeadLettersRequest) =>
      reprocessDeadLetters(log, request),
    ),
    purgeDeadLetters: unary((request: PurgeDeadLettersRequest) => purgeDeadLetters(log, request)),
    listGroups: unary((request: ListGroupsRequest) => listGroups(grouped, request)),
    listGroupMembers: unary((request: ListGroupMembersRequest) =>
      listGroupMembers(grouped, request),
    ),
    listGroupDeadLetters: unary((request: ListGroupDeadLettersRequest) =>
      listGroupDeadLetters(grouped, request),
    ),
    redeliverGroupDeadLetters: unary((request: RedeliverGroupDeadLettersRequest) =>
      redeliverGroupDeadLetters(grouped, request),
    ),
    purgeGroupDeadLetters: unary((request: PurgeGroupDeadLettersRequest) =>
      purgeGroupDeadLetters(grouped, request),
    ),
    reloadProfiles: unary(
      async (): Promise<ReloadProfilesResponse> => ({ profiles: await reloadProfiles() }),
    ),
    backup: (call: ServerWritableStream<BackupRequest, BackupResponse>) => {
      void sendBackup(log, call, backups);
    },
  };
}

function unary<Request, Response>(answer: (request: Request) => Promise<Response>) {
  return (call: ServerUnaryCall<Request, Response>, respond: sendUnaryData<Response>): void => {
    answer(call.request).then(
      (response) => respond(null, response),
      (error: unknown) => respond(toServiceError(error)),
    );
  };
}

async function listLosses(
  log: LogInspector,
  { stream, pageSize, pageToken }: ListLossesRequest,
): Promise<ListLossesResponse> {
  const { entries, next } = await log.listLosses({
    stream: stream === '' ? null : stream,
    order: 'oldest',
    from: fromPageToken(pageToken, { recordedAtUs: 'number', skip: 'number' }),
    limit: pageSizeOf(pageSize),
  });
  const nextPageToken = toPageToken(next === null ? null : [next.recordedAtUs, next.skip]);
  return { losses: entries.map(toLoss), nextPageToken };
}

async function listSegments(
  log: LogInspector,
  { stream, pageSize, pageToken }: ListSegmentsRequest,
): Promise<ListSegmentsResponse> {
  const { entries, next } = await log.listSegments({
    stream: stream === '' ? null : stream,
    from: fromPageToken(pageToken, { stream: 'string', fromOffset: 'number' }),
    limit: pageSizeOf(pageSize),
  });
  const nextPageToken = toPageToken(next === null ? null : [next.stream, next.fromOffset]);
  return { segments: entries.map(toSegment), nextPageToken };
}
