// The config as the parts get it: durations in milliseconds and sizes in bytes, each named so.

import type { StreamConfig } from '../core/stream-config.ts';
import { type ConfigOptions, configSchema } from './schema.ts';
import { serialConfig } from './serial-config.ts';
import type { StreamOptions } from './stream-schema.ts';

function streamConfig({ retention, commitInterval, ...others }: StreamOptions): StreamConfig {
  const { age, ...otherRetention } = retention;
  return {
    ...others,
    retention: { ...otherRetention, ageMs: age },
    commitIntervalMs: commitInterval,
  };
}

/** Gives every option the name that says its unit. */
export function nameUnits(options: ConfigOptions) {
  const { maxClockSkew, mqtt, grpc, http, consume, log, query, streams, serial, ...others } =
    options;
  const { connectTimeout, drainTimeout, sessionExpiryMax, ...otherMqtt } = mqtt;
  const { progressInterval, keepaliveTime, keepaliveTimeout, ...otherGrpc } = grpc;
  const { followerTimeout, ...otherHttp } = http;
  const { ackDeadline, backOff, backOffMax, ...otherConsume } = consume;
  const { commitInterval, duckdbMemoryMax, sealAge, diskFreeMin, deadLetterAge, ...otherLog } = log;
  return {
    ...others,
    maxClockSkewMs: maxClockSkew,
    mqtt: {
      ...otherMqtt,
      connectTimeoutMs: connectTimeout,
      drainTimeoutMs: drainTimeout,
      sessionExpiryMsMax: sessionExpiryMax,
    },
    grpc: {
      ...otherGrpc,
      progressIntervalMs: progressInterval,
      keepaliveTimeMs: keepaliveTime,
      keepaliveTimeoutMs: keepaliveTimeout,
    },
    http: { ...otherHttp, followerTimeoutMs: followerTimeout },
    consume: {
      ...otherConsume,
      ackDeadlineMs: ackDeadline,
      backOffMs: { first: backOff, max: backOffMax },
    },
    log: {
      ...otherLog,
      commitIntervalMs: commitInterval,
      duckdbMemoryBytesMax: duckdbMemoryMax,
      sealAgeMs: sealAge,
      diskFreeBytesMin: diskFreeMin,
      deadLetterAgeMs: deadLetterAge,
    },
    query: {
      concurrentMax: query.concurrentMax,
      waitingMax: query.waitingMax,
      memoryBytesMax: query.memoryMax,
      timeLimitMs: query.timeLimit,
      niceness: query.niceness,
      idleTimeMs: query.idleTime,
    },
    streams: streams.map(streamConfig),
    serial: serial.map(serialConfig),
  };
}

/** All values resolved and within their ranges. Plain data: it can be posted to a thread. */
export type Config = ReturnType<typeof nameUnits>;

/** A fresh config with every option at its default. */
export function defaultConfig(): Config {
  return nameUnits(configSchema.parse({}));
}
