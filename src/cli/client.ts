// The command line's one way to a running gateway: its two services over gRPC, with every failure as
// a MillpondError. Loaded only by commands that need it.

import { Connection, type UnaryMethod } from '../client/connection.ts';
import { type Start, wireStart } from '../client/follow.ts';
import type {
  AdminServiceClient,
  BackupResponse,
  ConsumerStatus,
  DeadLetter,
  DeadLetterFilter,
  Device,
  GetDeadLetterResponse,
  GetStatusResponse,
  Loss,
  SeekConsumerResponse,
  Segment,
} from '../generated/millpond/v1/admin_service.ts';
import type { Group, GroupDeadLetter, GroupMember } from '../generated/millpond/v1/groups.ts';

const pageSize = 1000;
/** Dead letters decoded in one call: few enough for an answer in time. */
const workSize = 200;

/** One connection; a lost one is not mended: make another client. */
export class GatewayClient {
  readonly #connection: Connection;
  readonly #admin: AdminServiceClient;

  /** Connects at the first call. `address` is host:port. */
  constructor(address: string) {
    this.#connection = new Connection(address);
    this.#admin = this.#connection.admin;
  }

  /**
   * Throws GATEWAY_UNREACHABLE: at once when refused, after five seconds when nobody answers, and
   * when the signal aborts. So do the lists.
   */
  status(signal?: AbortSignal): Promise<GetStatusResponse> {
    return this.#connection.status(signal);
  }

  /** The number of profiles in use. Throws PROFILE_INVALID with what is wrong with the new ones. */
  async reloadProfiles(): Promise<number> {
    return (await this.#answer(this.#admin.reloadProfiles, {})).profiles;
  }

  /** Of one stream, or of all if it is empty; by stream, then by name. */
  consumers(stream: string): AsyncGenerator<ToldConsumer, void> {
    return allPages(async (pageToken) => {
      const request = { stream, pageToken, pageSize };
      const page = await this.#answer(this.#admin.listConsumers, request);
      const entries = page.consumers.map((told) => ({ ...told, nowUs: page.nowUs }));
      return { entries, nextPageToken: page.nextPageToken };
    });
  }

  /** Throws OFFSET_BEYOND_END, CONSUMER_LIMIT, and as `deleteConsumer` but for an unknown one. */
  seekConsumer(name: ConsumerName, to: Start): Promise<MovedConsumer> {
    return this.#answer(this.#admin.seekConsumer, { ...name, target: wireStart(to) });
  }

  /** Throws as `deleteConsumer`. */
  resetConsumer(name: ConsumerName): Promise<MovedConsumer> {
    return this.#answer(this.#admin.resetConsumer, name);
  }

  /** As it was. Throws STREAM_UNKNOWN, CONSUMER_UNKNOWN, CONSUMER_NAME_INVALID, CONSUMER_IS_GROUP. */
  async deleteConsumer(name: ConsumerName): Promise<ConsumerStatus | undefined> {
    return (await this.#answer(this.#admin.deleteConsumer, name)).consumer;
  }

  /** Of one stream, or of all if it is empty; the newest last. */
  losses(stream: string): AsyncGenerator<Loss, void> {
    return allPages(async (pageToken) => {
      const request = { stream, pageToken, pageSize };
      const { losses, nextPageToken } = await this.#answer(this.#admin.listLosses, request);
      return { entries: losses, nextPageToken };
    });
  }

  /**
   * Each with the gateway's clock when it was told; in the order in which they were first seen.
   * `size` is how many are asked for at a time.
   */
  devices(
    device: string,
    onlyStale: boolean,
    size: number = pageSize,
  ): AsyncGenerator<ToldDevice, void> {
    return allPages(async (pageToken) => {
      const request = { device, onlyStale, pageToken, pageSize: size };
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

  /** All of the filter, piece by piece; `looked` is told how many more were looked at. */
  async reprocessDeadLetters(filter: DeadLetterFilter, looked: (letters: number) => void) {
    const sum = { reprocessed: 0n, readings: 0n, kept: 0n };
    const pieces = allPieces(
      (fromId) =>
        this.#answer(this.#admin.reprocessDeadLetters, { filter, fromId, limit: workSize }),
      ({ nextId }) => nextId,
    );
    for await (const { reprocessed, readings, kept } of pieces) {
      sum.reprocessed += reprocessed;
      sum.readings += readings;
      sum.kept += kept;
      looked(Number(reprocessed + kept));
    }
    return sum;
  }

  /** How many went. */
  purgeDeadLetters(filter: DeadLetterFilter): Promise<bigint> {
    const pieces = allPieces(
      (fromId) => this.#answer(this.#admin.purgeDeadLetters, { filter, fromId, limit: pageSize }),
      ({ nextId }) => nextId,
    );
    return sumOf(pieces, ({ purged }) => purged);
  }

  /** Of one stream, or of all if it is empty; by stream, then by offset. */
  segments(stream: string): AsyncGenerator<Segment, void> {
    return allPages(async (pageToken) => {
      const request = { stream, pageToken, pageSize };
      const { segments, nextPageToken } = await this.#answer(this.#admin.listSegments, request);
      return { entries: segments, nextPageToken };
    });
  }

  /** Of one stream, or of all if it is empty. */
  groups(stream: string): AsyncGenerator<Group, void> {
    return allPages(async (pageToken) => {
      const request = { stream, pageToken, pageSize };
      const { groups, nextPageToken } = await this.#answer(this.#admin.listGroups, request);
      return { entries: groups, nextPageToken };
    });
  }

  /** Throws GROUP_UNKNOWN, as all about one group do. */
  groupMembers(group: GroupName): AsyncGenerator<GroupMember, void> {
    return allPages(async (pageToken) => {
      const request = { ...group, pageToken, pageSize };
      const { members, nextPageToken } = await this.#answer(this.#admin.listGroupMembers, request);
      return { entries: members, nextPageToken };
    });
  }

  /** By offset. */
  groupDeadLetters(which: GroupLetters): AsyncGenerator<GroupDeadLetter, void> {
    return allPages(async (pageToken) => {
      const request = { ...which, pageToken, pageSize };
      const page = await this.#answer(this.#admin.listGroupDeadLetters, request);
      return { entries: page.deadLetters, nextPageToken: page.nextPageToken };
    });
  }

  /** How many go round again. */
  redeliverGroupDeadLetters(which: GroupLetters): Promise<bigint> {
    const pieces = allPieces(
      (fromOffset) =>
        this.#answer(this.#admin.redeliverGroupDeadLetters, {
          ...which,
          ...{ fromOffset, limit: pageSize },
        }),
      ({ nextOffset }) => nextOffset,
    );
    return sumOf(pieces, ({ redelivered }) => redelivered);
  }

  /** How many went. */
  purgeGroupDeadLetters(which: GroupLetters): Promise<bigint> {
    const pieces = allPieces(
      (fromOffset) =>
        this.#answer(this.#admin.purgeGroupDeadLetters, {
          ...which,
          ...{ fromOffset, limit: pageSize },
        }),
      ({ nextOffset }) => nextOffset,
    );
    return sumOf(pieces, ({ purged }) => purged);
  }

  /** The parts of one copy of the log, asked for no faster than they are taken. */
  backup(signal: AbortSignal): AsyncGenerator<BackupResponse, void> {
    return this.#connection.events(() => this.#admin.backup({}), signal);
  }

  #answer<Request, Response>(
    method: UnaryMethod<Request, Response>,
    request: Request,
  ): Promise<Response> {
    return this.#connection.answer(method.bind(this.#admin), request);
  }

  close(): void {
    this.#connection.close();
  }
}

/** An empty stream is `readings`. */
export interface ConsumerName {
  readonly stream: string;
  readonly consumer: string;
}

/** A consumer, and the gateway's clock when it told of it. */
export type ToldConsumer = ConsumerStatus & { readonly nowUs: bigint };

/** Where a consumer stands now, and the oldest offset of its stream. */
export type MovedConsumer = SeekConsumerResponse;

export interface GroupName {
  readonly stream: string;
  readonly group: string;
}

/** Of these offsets, or of all if there are none. */
export interface GroupLetters extends GroupName {
  readonly offsets: bigint[];
}

/** A device, and the gateway's clock when it told of it. */
export type ToldDevice = Device & { readonly nowUs: bigint };

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

/** Work that a call does a bounded part of, part after part, until nothing says where to go on. */
async function* allPieces<Piece>(
  piece: (from: bigint) => Promise<Piece>,
  nextOf: (piece: Piece) => bigint | undefined,
): AsyncGenerator<Piece, void> {
  for (let from: bigint | undefined = 0n; from !== undefined; ) {
    const done = await piece(from);
    yield done;
    from = nextOf(done);
  }
}

async function sumOf<Piece>(
  pieces: AsyncIterable<Piece>,
  countOf: (piece: Piece) => bigint,
): Promise<bigint> {
  let sum = 0n;
  for await (const piece of pieces) sum += countOf(piece);
  return sum;
}
