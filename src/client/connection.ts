// One connection to a gateway, for programs and for the command line alike: calls with a deadline,
// streams as loops, every failure as a MillpondError.

import {
  type CallOptions,
  type ClientReadableStream,
  type ClientUnaryCall,
  credentials,
  Metadata,
  type ServiceError,
} from '@grpc/grpc-js';
import type { MillpondError } from '../core/errors.ts';
import {
  AdminServiceClient,
  type GetStatusResponse,
} from '../generated/millpond/v1/admin_service.ts';
import {
  type PublishRequest,
  type PublishResponse,
  type SubscribeRequest,
  type SubscribeResponse,
  TelemetryServiceClient,
} from '../generated/millpond/v1/telemetry_service.ts';
import { answerTimeoutMs, explainFailure } from './failure.ts';

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

/** A call with one answer, as the generated clients have it. */
export type UnaryMethod<Request, Response> = (
  request: Request,
  metadata: Metadata,
  options: Partial<CallOptions>,
  callback: (error: ServiceError | null, response: Response) => void,
) => ClientUnaryCall;

/** One connection; a lost one is not mended: make another. */
export class Connection {
  readonly address: string;
  readonly telemetry: TelemetryServiceClient;
  readonly admin: AdminServiceClient;

  /** Connects at the first call. `address` is host:port. */
  constructor(address: string) {
    this.address = address;
    const insecure = credentials.createInsecure();
    this.telemetry = new TelemetryServiceClient(address, insecure, channelOptions);
    this.admin = new AdminServiceClient(address, insecure, {
      ...channelOptions,
      channelOverride: this.telemetry.getChannel(),
    });
  }

  /** Throws as `answer`. */
  status(signal?: AbortSignal): Promise<GetStatusResponse> {
    return this.answer(this.admin.getStatus.bind(this.admin), {}, signal);
  }

  /** As `events`. */
  subscribe(
    request: SubscribeRequest,
    signal: AbortSignal,
  ): AsyncGenerator<SubscribeResponse, void> {
    return this.events(() => this.telemetry.subscribe(request), signal);
  }

  /**
   * Throws GATEWAY_UNREACHABLE: at once when refused, after five seconds when nobody answers, and
   * when the signal aborts; else what the gateway throws.
   */
  answer<Request, Response>(
    method: UnaryMethod<Request, Response>,
    request: Request,
    signal?: AbortSignal,
  ): Promise<Response> {
    return new Promise((resolve, reject) => {
      const options = { deadline: Date.now() + answerTimeoutMs };
      const call = method(request, new Metadata(), options, (error, response) => {
        signal?.removeEventListener('abort', cancel);
        if (error === null) resolve(response);
        else reject(this.explain(error));
      });
      const cancel = (): void => call.cancel();
      signal?.addEventListener('abort', cancel);
      if (signal?.aborted === true) cancel();
    });
  }

  /** One message, and the answer to it. Throws as `answer`. */
  send(request: PublishRequest): Promise<PublishResponse> {
    return new Promise((resolve, reject) => {
      const options = { deadline: Date.now() + answerTimeoutMs };
      const call = this.telemetry.publish(options, (error, response) => {
        if (error === null) resolve(response);
        else reject(this.explain(error));
      });
      call.end(request);
    });
  }

  /**
   * The events of one call, asked for no faster than they are taken. Ends when the gateway ends it,
   * when the signal aborts or when the loop is left; throws what the gateway throws.
   */
  async *events<Event>(
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
      if (!signal.aborted) throw this.explain(error);
    } finally {
      signal.removeEventListener('abort', cancel);
      call.cancel();
    }
  }

  /** What a failed call means. */
  explain(thrown: unknown): MillpondError {
    return explainFailure(thrown as Partial<ServiceError>, this.address);
  }

  close(): void {
    this.telemetry.close();
  }
}
