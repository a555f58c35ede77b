// What AdminService asks of the log thread: its state, its lists, its consumers, a copy of it.

import type { StartRequest } from '../core/contracts.ts';
import type {
  DeadLetterEntry,
  DeadLetterPageRequest,
  DeadLetterWithPayload,
  DeadLetterWork,
  Purged,
  Reprocessed,
} from '../core/dead-letter.ts';
import type {
  BackupPlan,
  ConsumerName,
  DevicePage,
  DevicePageRequest,
  LogInspector,
  LogStatus,
  LossCursor,
  LossEntry,
  LossPageRequest,
  OneDevice,
  Page,
  PageRequest,
  SegmentCursor,
  SegmentEntry,
} from '../core/log-inspection.ts';
import { noteOffHeap } from '../core/off-heap.ts';
import type { LogClient } from './log-client.ts';

export class InspectionClient implements LogInspector {
  readonly #client: LogClient;

  constructor(client: LogClient) {
    this.#client = client;
  }

  status(): Promise<LogStatus> {
    return this.#client.status();
  }

  listLosses(request: LossPageRequest): Promise<Page<LossEntry, LossCursor>> {
    return this.#client.askInTime('listLosses', request);
  }

  listSegments(request: PageRequest<SegmentCursor>): Promise<Page<SegmentEntry, SegmentCursor>> {
    return this.#client.askInTime('listSegments', request);
  }

  listDevices(request: DevicePageRequest): Promise<DevicePage> {
    return this.#client.askInTime('listDevices', request);
  }

  readDevice(name: string): Promise<OneDevice> {
    return this.#client.askInTime('readDevice', name);
  }

  async seekConsumer(request: StartRequest): Promise<void> {
    await this.#client.ask('seekConsumer', request);
  }

  async resetConsumer(consumer: ConsumerName): Promise<void> {
    await this.#client.ask('resetConsumer', consumer);
  }

  async deleteConsumer(consumer: ConsumerName): Promise<void> {
    await this.#client.ask('deleteConsumer', consumer);
  }

  listDeadLetters(request: DeadLetterPageRequest): Promise<Page<DeadLetterEntry, number>> {
    return this.#client.askInTime('listDeadLetters', request);
  }

  readDeadLetter(id: number): Promise<DeadLetterWithPayload | null> {
    return this.#client.askInTime('readDeadLetter', id);
  }

  reprocessDeadLetters(work: DeadLetterWork): Promise<Reprocessed> {
    return this.#client.ask('reprocessDeadLetters', work);
  }

  purgeDeadLetters(work: DeadLetterWork): Promise<Purged> {
    return this.#client.ask('purgeDeadLetters', work);
  }

  beginBackup(): Promise<BackupPlan> {
    return this.#client.ask('beginBackup', null);
  }

  async readBackup(file: number, position: number, bytesMax: number): Promise<Uint8Array> {
    const { buffer } = await this.#client.ask('readBackup', { file, position, bytesMax });
    noteOffHeap(buffer.byteLength);
    return new Uint8Array(buffer);
  }

  async endBackup(): Promise<void> {
    await this.#client.ask('endBackup', null);
  }
}
