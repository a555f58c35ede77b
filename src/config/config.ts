// The config as the parts get it: durations in milliseconds and sizes in bytes, each named so.

import { type ConfigOptions, configSchema } from './schema.ts';

/** Gives every option the name that says its unit. */
export function nameUnits(options: ConfigOptions) {
  const { maxClockSkew, mqtt, grpc, log, ...others } = options;
  const { connectTimeout, drainTimeout, sessionExpiryMax, ...otherMqtt } = mqtt;
  const { progressInterval, keepaliveTime, keepaliveTimeout, ...otherGrpc } = grpc;
  const { commitInterval, duckdbMemoryMax, ...otherLog } = log;
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
    log: {
      ...otherLog,
      commitIntervalMs: commitInterval,
      duckdbMemoryBytesMax: duckdbMemoryMax,
    },
  };
}

/** All values resolved and within their ranges. Plain data: it can be posted to a thread. */
export type Config = ReturnType<typeof nameUnits>;

/** A fresh config with every option at its default. */
export function defaultConfig(): Config {
  return nameUnits(configSchema.parse({}));
}
