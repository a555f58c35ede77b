// What the resources are made from: gateway.ts introduces the other parts to them by these.

import type {
  FastifyBaseLogger,
  FastifyInstance,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault,
} from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type { Clock } from '../../../core/clock.ts';
import type { GroupInspector } from '../../../core/group.ts';
import type { LogInspector } from '../../../core/log-inspection.ts';
import type { ReadingsRunner } from '../../../core/query.ts';
import type { SeriesReader } from '../../../core/series-points.ts';
import type { GatewayStatus } from '../../../observability/gateway-status.ts';
import type { StatusHistory } from '../../../observability/status-history.ts';
import type { LiveStreams } from '../live/live-streams.ts';
import type { RequestTurns } from '../request-turns.ts';

export interface ApiParts {
  readonly version: string;
  /** Throws LOG_OPENING, LOG_NOT_ANSWERING, as all that ask the log. */
  readonly gatewayStatus: () => Promise<GatewayStatus>;
  readonly history: Pick<StatusHistory, 'last'>;
  readonly log: LogInspector;
  readonly groups: GroupInspector;
  readonly series: SeriesReader;
  readonly readings: ReadingsRunner;
  readonly clock: Clock;
  readonly turns: Pick<RequestTurns, 'inTurn' | 'onSend'>;
  /** Followers over server-sent events. */
  readonly live: Pick<LiveStreams, 'open'>;
}

/** Where a resource adds its routes; paths are below /api/v1. */
export type ApiRoutes = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression<RawServerDefault>,
  RawReplyDefaultExpression<RawServerDefault>,
  FastifyBaseLogger,
  ZodTypeProvider
>;
