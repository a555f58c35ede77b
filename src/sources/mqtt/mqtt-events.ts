// What the MQTT source tells whoever watches it: metrics and logs hang here, nothing else does.

/** Why something was refused or a connection was cut; stable names, used as metric labels. */
export const mqttRefusals = [
  'connections_max',
  'sessions_max',
  'client_id_invalid',
  'will_invalid',
  'connect_timeout',
  'keepalive_timeout',
  'drain_timeout',
  'outgoing_full',
  'packet_too_large',
  'malformed',
  'string_invalid',
  'topic_invalid',
  'filter_invalid',
  'reserved_topic',
  'subscriptions_max',
  'retained_max',
  'received_max',
  'session_queue_full',
  'session_dropped',
  'subscriber_slow',
  'stream_full',
  'not_stored',
] as const;

export type MqttRefusal = (typeof mqttRefusals)[number];

export interface MqttPeer {
  /** Empty until CONNECT is accepted. */
  readonly clientId: string;
  /** `host:port` of the other side, empty where the stream has none. */
  readonly address: string;
  /** 3 (MQTT 3.1), 4 (3.1.1), 5, or 0 before CONNECT. */
  readonly version: number;
}

/** Called on the hot path where it says so: an implementation counts and returns. */
export interface MqttEvents {
  connected(peer: MqttPeer): void;
  disconnected(peer: MqttPeer): void;
  /** A packet, a message or a connection was turned away; `detail` is for people. */
  refused(reason: MqttRefusal, peer: MqttPeer, detail: string): void;
  /** Something broke that no client is to blame for; `error` says what. */
  failed(error: Error): void;
  /** Hot path. A PUBLISH arrived, before it is stored; bytes of its topic and payload. */
  messageReceived(bytes: number, qos: number): void;
  /** Hot path. A message was handed to a subscriber's connection. */
  messageDelivered(bytes: number, qos: number): void;
}

export const silentEvents: MqttEvents = {
  connected() {},
  disconnected() {},
  refused() {},
  failed() {},
  messageReceived() {},
  messageDelivered() {},
};
