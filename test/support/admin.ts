// AdminService as a test asks it: answers as promises, refusals as their stable codes.

import { credentials, type ServiceError } from '@grpc/grpc-js';
import {
  AdminServiceClient,
  type ConsumerStatus,
  type DeleteConsumerResponse,
  ListConsumersRequest,
  type ListConsumersResponse,
  type ResetConsumerResponse,
  SeekConsumerRequest,
  type SeekConsumerResponse,
} from '../../src/generated/millpond/v1/admin_service.ts';
import { errorInfoOf } from './grpc-error.ts';

type Method<Request, Response> = (
  request: Request,
  callback: (error: ServiceError | null, response: Response) => void,
) => unknown;

export class Admin {
  readonly client: AdminServiceClient;

  constructor(address: string) {
    this.client = new AdminServiceClient(address, credentials.createInsecure());
  }

  ask<Request, Response>(method: Method<Request, Response>, request: Request): Promise<Response> {
    return new Promise((resolve, reject) => {
      method.call(this.client, request, (error, response) =>
        error === null ? resolve(response) : reject(error),
      );
    });
  }

  consumers(stream = ''): Promise<ListConsumersResponse> {
    return this.ask(this.client.listConsumers, ListConsumersRequest.fromPartial({ stream }));
  }

  /** Fails where there is none of that name. */
  async consumer(name: string): Promise<ConsumerStatus> {
    const { consumers } = await this.consumers();
    const found = consumers.find(({ consumer }) => consumer === name);
    if (found === undefined) throw new Error(`there is no consumer ${name}`);
    return found;
  }

  seek(
    consumer: string,
    target: SeekConsumerRequest['target'],
    stream = '',
  ): Promise<SeekConsumerResponse> {
    const request = SeekConsumerRequest.create({ stream, consumer, target });
    return this.ask(this.client.seekConsumer, request);
  }

  reset(consumer: string, stream = ''): Promise<ResetConsumerResponse> {
    return this.ask(this.client.resetConsumer, { stream, consumer });
  }

  delete(consumer: string, stream = ''): Promise<DeleteConsumerResponse> {
    return this.ask(this.client.deleteConsumer, { stream, consumer });
  }

  close(): void {
    this.client.close();
  }
}

/** The code with which it was refused. Fails when it was answered. */
export async function codeOf(asked: Promise<unknown>): Promise<string> {
  const error = await asked.then(
    () => Promise.reject(new Error('it was answered')),
    (refused: ServiceError) => refused,
  );
  return errorInfoOf(error).reason;
}
