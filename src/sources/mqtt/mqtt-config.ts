// What the MQTT source must be told: every number resolved, every limit finite.

import type { ListenAddress } from '../../core/listen-address.ts';

export interface MqttConfig {
  /** Option `mqtt.listen`. Port 0 takes a free one. */
  readonly listen: ListenAddress;
  /** The largest control packet that is taken, fixed header included. */
  readonly packetBytesMax: number;
  /** The longest topic name or topic filter, in bytes of UTF-8. */
  readonly topicBytesMax: number;
  /** The most levels of a topic name or filter; at most 100, beyond which aedes' matcher throws. */
  readonly topicLevelsMax: number;
  readonly connectionsMax: number;
  /** Messages taken from sockets and not yet settled, in bytes; beyond it no socket is read. */
  readonly inflightBytesMax: number;
  readonly clientIdBytesMax: number;
  /** How long a connection may take to send its CONNECT. */
  readonly connectTimeoutMs: number;
  /** How long a subscriber may leave its full receive buffer unread before it is cut. */
  readonly drainTimeoutMs: number;
  /** Sessions kept for clients that are away; beyond it the longest away is forgotten. */
  readonly sessionsMax: number;
  readonly retainedMax: number;
  /** Subscriptions of one client. */
  readonly subscriptionsMax: number;
  /** The longest MQTT 5 Session Expiry Interval that is granted; a longer one is shortened to it. */
  readonly sessionExpiryMsMax: number;
}
