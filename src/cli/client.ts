// The command line's one way to a running gateway: its two services over gRPC, with every failure as
// a MillpondError. Loaded only by commands that need it.

import {
  type CallOptions,
  type ClientReadableStream,
  type ClientUnaryCall,
  credentials,
  Metadata,
  type ServiceError,
  status as statusCodes,
} from '@grpc/grpc-js';
import { type ErrorCode, errorTable, MillpondError } from '../core/errors.ts';
import {
  AdminServiceClient,
  type BackupResponse,
  type DeadLetter,
  type DeadLetterFilter,
  type Device,
  type GetDeadLetterResponse,
  type GetStatusResponse,
  type Loss,
  type PurgeDeadLettersResponse,
  type ReprocessDeadLettersResponse,
  type Segment,
} from '../generated/millpond/v1/admin_service.ts';
import {
  type SubscribeRequest,
  type SubscribeResponse,
  TelemetryServiceClient,
} from '../generated/millpond/v1/telemetry_service.ts';
import { readErrorReason } from './error-detail.ts';

const answerTimeoutMs = 5000;
const pageSize = 1000;
/** Dead letters decoded in one call: few enough for an answer in time. */
const workSize = 200;

const channelOptions = {
  // A gateway stands on the same machine or network; an http_proxy variable is not meant for it.
  'grpc.enable_http_proxy': 0,
  // A connection that failed must not make the next client wait for its back-off.
  'grpc.use_local_subchannel_pool': 1,
  // A gateway that lost its power says no goodbye.
  'grpc.keepalive_time_ms': 20_000,
  'grpc.keepalive_timeout_ms': 10_000,
  'grpc.max_receive_message_length': 64 * 1024 * 1024,
} as const;

/** One connection; a lost one is not mended: make another client. */
export class GatewayClient {
  readonly #address: string;
  readonly #telemetry: TelemetryServiceClient;
  readonly #admin: AdminServiceClient;

  /** Connects at the first call. `address` is host:port. */
  constructor(address: string) {
    this.#address = address;
    const insecure = credentials.createInsecure();
    this.#telemetry = new TelemetryServiceClient(address, insecure, channelOptions);
    this.#admin = new AdminServiceClient(address, insecure, {
      ...channelOptions,
      channelOverride: this.#telemetry.getChannel(),
    });
  }

  /**
   * Throws GATEWAY_UNREACHABLE: at once when refused, after five seconds when nobody answers, and
   * when the signal aborts. So do the lists.
   */
  status(signal?: AbortSignal): Promise<GetStatusResponse> {
    return this.#answer(this.#admin.getStatus, {}, signal);
  }

  /** The number of profiles in use. Throws PROFILE_INVALID with what is wrong with the new ones. */
  async reloadProfiles(): Promise<number> {
    return (await this.#answer(this.#admin.reloadProfiles, {})).profiles;
  }

  /** Of one stream, or of all if it is empty; the newest last. */
  losses(stream: string): AsyncGenerator<Loss, void> {
    return allPages(async (pageToken) => {
      const request = { stream, pageToken, pageSize };
      const { losses, nextPageToken } = await this.#answer(this.#admin.listLosses, request);
      return { entries: losses, nextPageToken };
    });
  }

  /** Each with the gateway's clock when it was told; in the order in which they were first seen. */
  devices(device: string, onlyStale: boolean): AsyncGenerator<ToldDevice, void> {
    return allPages(async (pageToken) => {
      const request = { device, onlyStale, pageToken, pageSize };
      const page = await this.#answer(this.#admin.listDevices, request);
      const entries = page.devices.map((told) => ({ ...told, nowUs: page.nowUs }));
      return { entries, nextPageToken: page.nextPageToken };
    });
  }

  /** The oldest first. */
  deadLetters(filter: DeadLetterFilter): AsyncGenerator<DeadLetter, void> {
    return allPages(async (pageToken) => {
      const request = { filter, pageToken, pageSize };
      const page = await this.#answer(this.#admin.listDeadLetters, request);
      return { entries: page.deadLetters, nextPageToken: page.nextPageToken };
    });
  }

  /** Throws DEAD_LETTER_UNKNOWN. */
  deadLetter(id: bigint): Promise<GetDeadLetterResponse> {
    return this.#answer(this.#admin.getDeadLetter, { id });
  }

  /** All of the filter, piece by piece. */
  async reprocessDeadLetters(filter: DeadLetterFilter) {
    const sum = { reprocessed: 0n, readings: 0n, kept: 0n };
    for (let fromId: bigint | undefined = 0n; fromId !== undefined; ) {
      const request = { filter, fromId, limit: workSize };
      const done: ReprocessDeadLettersResponse = await this.#answer(
        this.#admin.reprocessDeadLetters,
        request,
      );
      sum.reprocessed += done.reprocessed;
      sum.readings += done.readings;
      sum.kept += done.kept;
      fromId = done.nextId;
    }
    return sum;
  }

  /** How many went. */
  async purgeDeadLetters(filter: DeadLetterFilter): Promise<bigint> {
    let sum = 0n;
    for (let fromId: bigint | undefined = 0n; fromId !== undefined; ) {
      const request = { filter, fromId, limit: pageSize };
      const done: PurgeDeadLettersResponse = await this.#answer(
        this.#admin.purgeDeadLetters,
        request,
      );
      sum += done.purged;
      fromId = done.nextId;
    }
    return sum;
  }

  /** Of one stream, or of all if it is empty; by stream, then by offset. */
  segments(stream: string): AsyncGenerator<Segment, void> {
    return allPages(async (pageToken) => {
      const request = { stream, pageToken, pageSize };
      const { segments, nextPageToken } = await this.#answer(this.#admin.listSegments, request);
      return { entries: segments, nextPageToken };
    });
  }

  /**
   * The events of one subscription, asked for no faster than they are taken. Ends when the gateway
   * ends it, when the signal aborts or when the loop is left; throws what the gateway throws.
   */
  subscribe(
    request: SubscribeRequest,
    signal: AbortSignal,
  ): AsyncGenerator<SubscribeResponse, void> {
    return this.#events(() => this.#telemetry.subscribe(request), signal);
  }

  /** As subscribe: the parts of one copy of the log. */
  backup(signal: AbortSignal): AsyncGenerator<BackupResponse, void> {
    return this.#events(() => this.#admin.backup({}), signal);
  }

  #answer<Request, Response>(
    method: UnaryMethod<Request, Response>,
    request: Request,
    signal?: AbortSignal,
  ): Promise<Response> {
    return new Promise((resolve, reject) => {
      const options = { deadline: Date.now() + answerTimeoutMs };
      const start = method.bind(this.#admin);
      const call = start(request, new Metadata(), options, (error, response) => {
        signal?.removeEventListener('abort', cancel);
        if (error === null) resolve(response);
        else reject(this.#asError(error));
      });
      const cancel = (): void => call.cancel();
      signal?.addEventListener('abort', cancel);
      if (signal?.aborted === true) cancel();
    });
  }

  async *#events<Event>(
    start: () => ClientReadableStream<Event>,
    signal: AbortSignal,
  ): AsyncGenerator<Event, void> {
    const call = start();
    // The loop reports errors; one that comes after the loop was left is of no interest.
    call.on('error', () => undefined);
    const cancel = (): void => call.cancel();
    signal.addEventListener('abort', cancel);
    if (signal.aborted) cancel();
    try {
      yield* call as AsyncIterable<Event>;
    } catch (error) {
      if (!signal.aborted) throw this.#asError(error);
    } finally {
      signal.removeEventListener('abort', cancel);
      call.cancel();
    }
  }

  close(): void {
    this.#telemetry.close();
  }

  #asError(thrown: unknown): MillpondError {
    return explainFailure(thrown as Partial<ServiceError>, this.#address);
  }
}

/** A device, and the gateway's clock when it told of it. */
export type ToldDevice = Device & { readonly nowUs: bigint };

type UnaryMethod<Request, Response> = (
  request: Request,
  metadata: Metadata,
  options: Partial<CallOptions>,
  callback: (error: ServiceError | null, response: Response) => void,
) => ClientUnaryCall;

async function* allPages<Entry>(
  page: (token: string) => Promise<{ entries: readonly Entry[]; nextPageToken: string }>,
): AsyncGenerator<Entry, void> {
  for (let token = ''; ; ) {
    const { entries, nextPageToken } = await page(token);
    yield* entries;
    if (nextPageToken === '') return;
    token = nextPageToken;
  }
}

/** A failed call in Millpond's terms: the gateway's own error, or that it could not be reached. */
export function explainFailure(cause: Partial<ServiceError>, address: string): MillpondError {
  const details = cause.details ?? String((cause as Error | null)?.message ?? cause);
  const [status] = cause.metadata?.get('grpc-status-details-bin') ?? [];
  const reason = status instanceof Uint8Array ? readErrorReason(status) : null;
  if (reason !== null && Object.hasOwn(errorTable, reason)) {
    const code = reason as ErrorCode;
    // The remedy goes over the wire in the message; here it is printed on a line of its own.
    const message = details.replace(` ${errorTable[code].remedy}`, '');
    return new MillpondError(code, message, { cause });
  }
  if (cause.code === statusCodes.UNIMPLEMENTED) {
    const message = `${address} answers, but not as a Millpond gateway of this version: ${details}`;
    return new MillpondError('GATEWAY_UNREACHABLE', message, { cause });
  }
  if (cause.code === undefined) return new MillpondError('INTERNAL', details, { cause });
  const why =
    cause.code === statusCodes.DEADLINE_EXCEEDED
      ? `no answer within ${answerTimeoutMs / 1000} s`
      : plainReason(details);
  const message = `cannot reach the gateway at ${address}: ${why}`;
  return new MillpondError('GATEWAY_UNREACHABLE', message, { cause });
}

/** The system's own word for it, out of what grpc-js wraps around it. */
function plainReason(details: string): string {
  if (details.includes('ECONNREFUSED')) return 'nobody listens there';
  if (details.includes('ENOTFOUND') || details.includes('EAI_AGAIN')) return 'no such host';
  if (/name resolution failed/i.test(details)) return 'no such host';
  if (/EHOSTUNREACH|ENETUNREACH/.test(details)) return 'no way to that host';
  if (/ECONNRESET|Connection dropped/i.test(details)) return 'the connection was lost';
  return details;
}
