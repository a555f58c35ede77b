// The one table of errors: every failure that a person or a client can meet has a stable code here.
// `reason` on the wire (google.rpc.ErrorInfo), `code` in logs, on the command line and in
// docs/errors.md are all this code. A code is never renamed and never given a second meaning.

/** The canonical gRPC status that each error maps to, by its standard name. */
export type StatusName =
  | 'INVALID_ARGUMENT'
  | 'NOT_FOUND'
  | 'PERMISSION_DENIED'
  | 'FAILED_PRECONDITION'
  | 'OUT_OF_RANGE'
  | 'RESOURCE_EXHAUSTED'
  | 'ABORTED'
  | 'DEADLINE_EXCEEDED'
  | 'UNAVAILABLE'
  | 'INTERNAL'
  | 'UNIMPLEMENTED';

interface ErrorKind {
  readonly status: StatusName;
  /** What a person should do about it. */
  readonly remedy: string;
  /** Whether the same call may succeed later without a change by the caller. */
  readonly canRetry: boolean;
}

function kind(status: StatusName, remedy: string, canRetry = false): ErrorKind {
  return { status, remedy, canRetry };
}

export const errorTable = {
  // The log.
  DATA_DIR_IN_USE: kind(
    'FAILED_PRECONDITION',
    'Stop the other gateway, or give this one a dataDir of its own.',
  ),
  DATA_DIR_UNUSABLE: kind(
    'FAILED_PRECONDITION',
    'Make the directory writable for the user that runs Millpond, free some space on its disk, or set dataDir to another one.',
  ),
  LOG_CORRUPT: kind(
    'INTERNAL',
    'Move hot.duckdb and hot.duckdb.wal aside, both together, and start again; keep them: most of their readings can be salvaged.',
  ),
  LOG_MENDED: kind(
    'INTERNAL',
    'The gateway goes on without your help. What was set aside is in quarantine/, and what is missing is on record as a loss; `millpond doctor` says whether more is wrong. If it comes again, look at the disk and at the power supply.',
  ),
  LOG_WRITE_FAILED: kind(
    'UNAVAILABLE',
    'Look at the disk: free space, mount options, kernel log. What was not acknowledged is resent by the device.',
    true,
  ),
  LOG_OPENING: kind(
    'UNAVAILABLE',
    'Try again: the log is being opened. /readyz says when it is, or what it waits for.',
    true,
  ),
  LOG_NOT_ANSWERING: kind(
    'UNAVAILABLE',
    'The disk may hang, or the machine may be overloaded: look at the kernel log and at the load.',
    true,
  ),
  LOG_STOPPING: kind('UNAVAILABLE', 'The gateway is stopping; try again when it is back.', true),
  LOG_KEEPING_FAILED: kind(
    'UNAVAILABLE',
    'Sealing or dropping readings failed and is tried again; look at the disk: free space, mount options, kernel log.',
    true,
  ),
  SEGMENT_DAMAGED: kind(
    'INTERNAL',
    'Look at the disk: a file that was whole is not any more. It is kept in quarantine/; `millpond losses` says which offsets are gone.',
  ),
  STREAM_FULL: kind(
    'RESOURCE_EXHAUSTED',
    'Let its protected consumers commit, raise its retention.hardBytes, or set its onFull to drop-oldest.',
    true,
  ),
  // Reading the log.
  STREAM_UNKNOWN: kind('NOT_FOUND', 'Name a stream that exists; an empty name means `readings`.'),
  DEVICE_UNKNOWN: kind('NOT_FOUND', 'Name a device that `millpond devices` lists.'),
  DEAD_LETTER_UNKNOWN: kind(
    'NOT_FOUND',
    'It may have gone meanwhile; `millpond dead-letters` lists those there are.',
  ),
  OFFSET_BEYOND_END: kind(
    'OUT_OF_RANGE',
    'Start at or before the high watermark, or at EDGE_LATEST.',
  ),
  REQUEST_INVALID: kind('INVALID_ARGUMENT', 'Correct the named field.'),
  CONSUMER_NAME_INVALID: kind(
    'INVALID_ARGUMENT',
    'Use 1 to 128 letters, digits, dots, dashes, underscores or colons.',
  ),
  CONSUMER_LIMIT: kind('RESOURCE_EXHAUSTED', 'Reuse a consumer name, or raise log.consumersMax.'),
  CONSUMER_UNKNOWN: kind(
    'NOT_FOUND',
    'Name a consumer that the stream has; one is made by its first commit, or by a seek.',
  ),
  CONSUMER_IS_GROUP: kind(
    'FAILED_PRECONDITION',
    'Use another name: a group has one position, which its members move by acknowledging.',
  ),
  GROUP_IS_CONSUMER: kind(
    'FAILED_PRECONDITION',
    'Use another name for the group, or delete the consumer that has it.',
  ),
  GROUP_UNKNOWN: kind(
    'NOT_FOUND',
    'Name a group that the stream has; one is made by its first member, and `millpond groups` lists them.',
  ),
  GROUP_SETTINGS_DIFFER: kind(
    'FAILED_PRECONDITION',
    'Give all members of a group the same devices, metrics, deadline and limit; others hold once no member is connected.',
  ),
  GROUP_DELETED: kind('FAILED_PRECONDITION', 'The group was deleted; join again to make it anew.'),
  GROUP_LIMIT: kind('RESOURCE_EXHAUSTED', 'Delete a group, or raise consume.groupsMax.'),
  MEMBER_LIMIT: kind(
    'RESOURCE_EXHAUSTED',
    'End a Consume call, or raise consume.membersMax.',
    true,
  ),
  COMMIT_BEYOND_END: kind(
    'OUT_OF_RANGE',
    'Commit an offset that the gateway has given out: next_offset of a batch, gap or progress.',
  ),
  COMMIT_BEHIND: kind(
    'FAILED_PRECONDITION',
    'A commit only moves forward; to read again, move the consumer with `millpond consumers seek`.',
  ),
  COMMIT_LIMIT: kind(
    'RESOURCE_EXHAUSTED',
    'Commit less often, or wait: so many commits wait for the disk; see whether the gateway is ready.',
    true,
  ),
  SUBSCRIBER_LIMIT: kind(
    'RESOURCE_EXHAUSTED',
    'Close a subscription, or raise grpc.subscribersMax.',
    true,
  ),
  PRODUCER_REPLACED: kind(
    'ABORTED',
    'Give each program that publishes a producer name of its own, and end one call before the next.',
  ),
  PUBLISHER_LIMIT: kind(
    'RESOURCE_EXHAUSTED',
    'End a Publish call, or raise grpc.publishersMax.',
    true,
  ),
  // Queries.
  QUERY_REFUSED: kind(
    'INVALID_ARGUMENT',
    'Write one select over the streams: no other statement, no file, no setting, no extension.',
  ),
  QUERY_INVALID: kind('INVALID_ARGUMENT', 'Correct the query.'),
  QUERY_TIMEOUT: kind(
    'DEADLINE_EXCEEDED',
    'Ask for less, as a shorter time of received_at, read the result faster, or raise query.timeLimit.',
  ),
  QUERY_MEMORY: kind(
    'RESOURCE_EXHAUSTED',
    'Sort, join or group fewer rows, or raise query.memoryMax.',
  ),
  QUERY_LIMIT: kind('RESOURCE_EXHAUSTED', 'Ask for fewer columns, or for shorter values.'),
  QUERY_BUSY: kind(
    'RESOURCE_EXHAUSTED',
    'Wait for other queries to end, or raise query.concurrentMax or query.waitingMax.',
    true,
  ),
  QUERY_OFF: kind('FAILED_PRECONDITION', 'Set query.concurrentMax to 1 or more.'),
  QUERY_FAILED: kind(
    'UNAVAILABLE',
    'Try again. If it fails each time, look at the disk and at the memory of the machine.',
    true,
  ),
  // Charts.
  SERIES_BUSY: kind(
    'RESOURCE_EXHAUSTED',
    'Ask again in a moment: so many different charts wait to be read.',
    true,
  ),
  SERIES_LIMIT: kind('RESOURCE_EXHAUSTED', 'Name a metric or a channel.'),
  SERIES_TIMEOUT: kind(
    'DEADLINE_EXCEEDED',
    'Ask for whole minutes or hours as buckets, or for a shorter range; a log that was just upgraded is rolled up in the background, and then is quick.',
    true,
  ),
  SERIES_FAILED: kind(
    'UNAVAILABLE',
    'Try again. If it fails each time, look at the disk and at the memory of the machine.',
    true,
  ),
  ROLLUP_FAILED: kind(
    'UNAVAILABLE',
    'Nothing is lost: charts of long ranges are slow until it works. Look at the disk: free space, mount options, kernel log.',
    true,
  ),
  OUTPUT_UNUSABLE: kind(
    'FAILED_PRECONDITION',
    'Name a file in a folder that can be written to, on a disk with enough room.',
  ),
  // HTTP.
  LIVE_LIMIT: kind(
    'RESOURCE_EXHAUSTED',
    'End a follower of /api/v1/live, or raise http.followersMax.',
    true,
  ),
  REST_BUSY: kind(
    'RESOURCE_EXHAUSTED',
    'Ask again in a moment, or raise http.requestsMax or http.waitingMax.',
    true,
  ),
  PATH_UNKNOWN: kind(
    'NOT_FOUND',
    'Ask for one of the paths there are; /api/v1/openapi.json has all of the interface.',
  ),
  HOST_REFUSED: kind(
    'PERMISSION_DENIED',
    'Ask by an address, by localhost or by the name of the machine, or add the name to http.hosts.',
  ),
  ORIGIN_REFUSED: kind(
    'PERMISSION_DENIED',
    "Ask from the gateway's own pages, or from a program that is no browser.",
  ),
  // A copy of the log.
  BACKUP_RUNNING: kind('FAILED_PRECONDITION', 'Wait for the other backup to end.', true),
  BACKUP_FAILED: kind(
    'UNAVAILABLE',
    'Look at the disk of the gateway: the copy of its newest readings needs about as much room as hot.duckdb.',
    true,
  ),
  BACKUP_STALLED: kind(
    'UNAVAILABLE',
    'Back up to a quicker disk or over a quicker network: what a backup holds cannot be removed meanwhile.',
    true,
  ),
  BACKUP_TARGET_UNUSABLE: kind(
    'FAILED_PRECONDITION',
    'Name a folder that does not exist yet or is empty, on a disk with enough room.',
  ),
  BACKUP_INCOMPLETE: kind(
    'UNAVAILABLE',
    'Start the backup again; nothing of this one was kept.',
    true,
  ),
  // Config and start.
  CONFIG_INVALID: kind(
    'FAILED_PRECONDITION',
    'Correct each line named; `millpond check` lists them all.',
  ),
  CONFIG_NOT_FOUND: kind(
    'NOT_FOUND',
    'Name a file that exists, or start without --config for the defaults.',
  ),
  PROFILE_INVALID: kind(
    'FAILED_PRECONDITION',
    'Correct each line named; `millpond check` lists them all.',
  ),
  PORT_IN_USE: kind(
    'FAILED_PRECONDITION',
    'Stop what listens there, or set another address; port 0 takes a free one.',
  ),
  PORT_DENIED: kind(
    'FAILED_PRECONDITION',
    'Choose a port above 1023, or grant the right to bind it.',
  ),
  ADDRESS_UNUSABLE: kind('FAILED_PRECONDITION', 'Use an address of this machine, as host:port.'),
  LISTEN_OPEN: kind(
    'FAILED_PRECONDITION',
    'Listen on 127.0.0.1, or set allowAnonymous: true if the network is trusted.',
  ),
  GATEWAY_UNREACHABLE: kind(
    'UNAVAILABLE',
    'Start the gateway with `millpond serve`, or name its address with --grpc.',
    true,
  ),
  USAGE: kind('INVALID_ARGUMENT', 'See --help.'),
  INTERNAL: kind(
    'INTERNAL',
    'This is a fault in Millpond; please report it with the log lines around it.',
  ),
} as const satisfies Record<string, ErrorKind>;

export type ErrorCode = keyof typeof errorTable;

/** An error with a code out of the table; `message` says what happened and to what. */
export class MillpondError extends Error {
  override readonly name = 'MillpondError';
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
  }

  get status(): StatusName {
    return errorTable[this.code].status;
  }

  get remedy(): string {
    return errorTable[this.code].remedy;
  }

  get canRetry(): boolean {
    return errorTable[this.code].canRetry;
  }
}

/** Makes any thrown value a MillpondError, keeping one that already is. */
export function asMillpondError(thrown: unknown, code: ErrorCode = 'INTERNAL'): MillpondError {
  if (thrown instanceof MillpondError) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new MillpondError(code, message, { cause: thrown });
}
