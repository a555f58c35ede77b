// A gateway with readings to share out, and members that go with the test.
import { credentials, type ServiceError } from '@grpc/grpc-js';
import { AdminServiceClient, type Loss } from '../../src/generated/millpond/v1/admin_service.ts';
import type { ConsumeStart } from '../../src/generated/millpond/v1/consume.ts';
import type {
  Group,
  GroupDeadLetter,
  GroupMember,
} from '../../src/generated/millpond/v1/groups.ts';
import type { TelemetryServiceClient } from '../../src/generated/millpond/v1/telemetry_service.ts';
import { type GatewayProcess, makeFolder, removeFolder, startGateway } from './gateway.ts';
import { errorInfoOf } from './grpc-error.ts';
import { Member } from './member.ts';
import { publishAll, readingsRequest } from './publish.ts';
import { connectTelemetry } from './readings.ts';

const PUBLISH_READINGS = 500;
const POLL_MS = 10;

export type Task = readonly [device: string, value: number];

export class ConsumeRig {
  readonly folder = makeFolder('consume');
  readonly #env: Record<string, string>;
  readonly #members: Member[] = [];
  #gateway: GatewayProcess | null = null;
  #client: TelemetryServiceClient | null = null;
  #admin: AdminServiceClient | null = null;

  constructor(env: Record<string, string> = {}) {
    this.#env = env;
  }

  async start(): Promise<void> {
    this.#gateway = await startGateway(this.folder, this.#env);
    this.#client = connectTelemetry(this.address);
    this.#admin = new AdminServiceClient(this.address, credentials.createInsecure());
  }

  get gateway(): GatewayProcess {
    return this.#gateway!;
  }

  get address(): string {
    return this.gateway.addresses.grpc;
  }

  get client(): TelemetryServiceClient {
    return this.#client!;
  }

  get admin(): AdminServiceClient {
    return this.#admin!;
  }

  /** In this order, one reading each; durable when it resolves. */
  async publish(tasks: readonly Task[]): Promise<void> {
    const requests = [];
    for (let first = 0; first < tasks.length; first += PUBLISH_READINGS) {
      const some = tasks.slice(first, first + PUBLISH_READINGS);
      const readings = some.map(([device, value]) => ({
        device,
        metric: 'task',
        value: { $case: 'number' as const, value },
      }));
      requests.push(readingsRequest(readings));
    }
    await publishAll(this.client, requests);
  }

  member(fields: Partial<ConsumeStart> = {}, from: TelemetryServiceClient = this.client): Member {
    const member = new Member(from, fields);
    this.#members.push(member);
    return member;
  }

  groups(): Promise<Group[]> {
    return new Promise((resolve, reject) => {
      const request = { stream: '', pageSize: 0, pageToken: '' };
      this.admin.listGroups(request, (error, response) =>
        error === null ? resolve(response.groups) : reject(error),
      );
    });
  }

  /** Resolves with the group as soon as it fits. */
  async until(group: string, fits: (group: Group) => boolean): Promise<Group> {
    for (;;) {
      const found = (await this.groups()).find((each) => each.group === group);
      if (found !== undefined && fits(found)) return found;
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }

  members(group: string): Promise<GroupMember[]> {
    return new Promise((resolve, reject) => {
      const request = { stream: '', group, pageSize: 0, pageToken: '' };
      this.admin.listGroupMembers(request, (error, response) =>
        error === null ? resolve(response.members) : reject(error),
      );
    });
  }

  /** Resolves with all of them once they are as many as the group says: they are listed from disk. */
  async deadLetters(group: string): Promise<GroupDeadLetter[]> {
    for (;;) {
      const { deadLetters: count } = await this.until(group, () => true);
      const listed = await this.#listDeadLetters(group);
      if (listed.length === Number(count)) return listed;
    }
  }

  #listDeadLetters(group: string): Promise<GroupDeadLetter[]> {
    return new Promise((resolve, reject) => {
      const request = { stream: '', group, offsets: [], pageSize: 1000, pageToken: '' };
      this.admin.listGroupDeadLetters(request, (error, response) =>
        error === null ? resolve(response.deadLetters) : reject(error),
      );
    });
  }

  redeliver(group: string, offsets: readonly number[] = []): Promise<number> {
    return new Promise((resolve, reject) => {
      const which = { stream: '', group, offsets: offsets.map(BigInt) };
      this.admin.redeliverGroupDeadLetters(
        { ...which, fromOffset: 0n, limit: 0 },
        (error, response) =>
          error === null ? resolve(Number(response.redelivered)) : reject(error),
      );
    });
  }

  purge(group: string, offsets: readonly number[] = []): Promise<number> {
    return new Promise((resolve, reject) => {
      const which = { stream: '', group, offsets: offsets.map(BigInt) };
      this.admin.purgeGroupDeadLetters({ ...which, fromOffset: 0n, limit: 0 }, (error, response) =>
        error === null ? resolve(Number(response.purged)) : reject(error),
      );
    });
  }

  losses(): Promise<Loss[]> {
    return new Promise((resolve, reject) => {
      const request = { stream: '', pageSize: 1000, pageToken: '' };
      this.admin.listLosses(request, (error, response) =>
        error === null ? resolve(response.losses) : reject(error),
      );
    });
  }

  /** SIGKILL and a start on what is left. Members end with an error. */
  async killAndStart(): Promise<void> {
    await this.gateway.kill();
    this.#client?.close();
    this.#admin?.close();
    await this.start();
  }

  dismissMembers(): void {
    for (const member of this.#members.splice(0)) member.die();
  }

  async close(): Promise<void> {
    this.dismissMembers();
    this.#client?.close();
    this.#admin?.close();
    await this.#gateway?.kill();
    removeFolder(this.folder);
  }
}

/** How a call or a member ended, as a client tells: the stable code. */
export function reasonOf(error: ServiceError | null): string {
  return error === null ? 'OK' : errorInfoOf(error).reason;
}
