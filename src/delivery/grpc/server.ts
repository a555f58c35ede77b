// The gRPC way out, and in: the two services of proto/, the standard health service and reflection.

import { fileURLToPath } from 'node:url';
import { Server, ServerCredentials } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { ReflectionService } from '@grpc/reflection';
import { HealthImplementation } from 'grpc-health-check';
import { MillpondError } from '../../core/errors.ts';
import type { GroupInspector } from '../../core/group.ts';
import {
  explainListenFailure,
  formatAddress,
  type ListenAddress,
} from '../../core/listen-address.ts';
import type { LogInspector } from '../../core/log-inspection.ts';
import { AdminServiceService } from '../../generated/millpond/v1/admin_service.ts';
import type { GatewayStatus } from '../../observability/gateway-status.ts';
import { CallSet } from '../call-set.ts';
import { adminHandlers } from './admin-service.ts';
import { ConsumerConnections } from './consumer-connections.ts';
import {
  type TelemetryParts,
  telemetryDefinition,
  telemetryHandlers,
} from './telemetry-service.ts';

export interface GrpcServerOptions {
  readonly listen: ListenAddress;
  readonly keepaliveTimeMs: number;
  readonly keepaliveTimeoutMs: number;
  readonly requestBytesMax: number;
  readonly telemetry: Omit<
    TelemetryParts,
    'subscribers' | 'publishers' | 'members' | 'connections' | 'queries'
  >;
  readonly consumersMax: number;
  readonly inspector: LogInspector;
  readonly groups: GroupInspector;
  readonly gatewayStatus: () => Promise<GatewayStatus>;
  readonly reloadProfiles: () => Promise<number>;
}

const protoFolder = fileURLToPath(new URL('../../../proto', import.meta.url));
const services = ['millpond.v1.TelemetryService', 'millpond.v1.AdminService'];

/** Calls of one connection at one time, beside as many of those that stay open as there may be. */
const OTHER_CALLS_MAX = 100;

/** How long calls may take to end by themselves when the gateway stops. */
const DRAIN_MS = 500;

export class GrpcServer {
  readonly #options: GrpcServerOptions;
  readonly #subscribers = new CallSet();
  readonly #connections: ConsumerConnections;
  readonly #publishers = new CallSet();
  readonly #members = new CallSet();
  readonly #queries = new CallSet();
  readonly #backups = new CallSet();
  readonly #server: Server;
  readonly #health: HealthImplementation;

  constructor(options: GrpcServerOptions) {
    this.#options = options;
    this.#connections = new ConsumerConnections({
      clock: options.telemetry.clock,
      leftMax: options.consumersMax,
    });
    this.#server = new Server({
      'grpc.keepalive_time_ms': options.keepaliveTimeMs,
      'grpc.keepalive_timeout_ms': options.keepaliveTimeoutMs,
      'grpc.max_receive_message_length': options.requestBytesMax,
      // A client's calls beyond it wait for one to end, and subscriptions do not end: the others,
      // and the refusal of a subscription too many, must find room beside them.
      'grpc.max_concurrent_streams':
        options.telemetry.subscribersMax +
        options.telemetry.publishersMax +
        options.telemetry.membersMax +
        OTHER_CALLS_MAX,
    });
    this.#health = new HealthImplementation(
      Object.fromEntries(['', ...services].map((service) => [service, 'SERVING'] as const)),
    );
  }

  get subscribers(): number {
    return this.#subscribers.count;
  }

  get connections(): ConsumerConnections {
    return this.#connections;
  }

  get publishers(): number {
    return this.#publishers.count;
  }

  get members(): number {
    return this.#members.count;
  }

  /** Resolves with the real address. Throws PORT_IN_USE, PORT_DENIED or ADDRESS_UNUSABLE. */
  async start(): Promise<string> {
    const server = this.#server;
    server.addService(
      telemetryDefinition,
      telemetryHandlers({
        ...this.#options.telemetry,
        subscribers: this.#subscribers,
        publishers: this.#publishers,
        connections: this.#connections,
        members: this.#members,
        queries: this.#queries,
      }),
    );
    const { inspector: log, groups, gatewayStatus, reloadProfiles } = this.#options;
    const backups = this.#backups;
    const connections = this.#connections;
    server.addService(
      AdminServiceService,
      adminHandlers({ log, groups, connections, gatewayStatus, reloadProfiles, backups }),
    );
    this.#health.addToServer(server);
    const definition = loadSync(
      ['millpond/v1/telemetry_service.proto', 'millpond/v1/admin_service.proto'],
      { includeDirs: [protoFolder] },
    );
    new ReflectionService(definition).addToServer(server);
    const { listen } = this.#options;
    return new Promise((resolve, reject) => {
      const credentials = ServerCredentials.createInsecure();
      server.bindAsync(formatAddress(listen), credentials, (error, port) => {
        if (error === null) resolve(formatAddress({ ...listen, port }));
        else reject(explainListenFailure('grpc.listen', listen, error));
      });
    });
  }

  /** Tells health watchers whether readings can be taken. */
  setServing(isServing: boolean): void {
    for (const service of ['', ...services]) {
      this.#health.setStatus(service, isServing ? 'SERVING' : 'NOT_SERVING');
    }
  }

  /** Ends subscriptions, members, publishers still sending, queries and backups with LOG_STOPPING, lets other calls finish, then closes. */
  async stop(): Promise<void> {
    this.setServing(false);
    const reason = new MillpondError('LOG_STOPPING', 'The gateway is stopping.');
    this.#subscribers.abortAll(reason);
    this.#publishers.abortAll(reason);
    this.#members.abortAll(reason);
    this.#queries.abortAll(reason);
    this.#backups.abortAll(reason);
    await new Promise<void>((resolve) => {
      const timer = setTimeout(() => {
        this.#server.forceShutdown();
        resolve();
      }, DRAIN_MS);
      this.#server.tryShutdown(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }
}
