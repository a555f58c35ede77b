// The MQTT 5 reason codes that this source sends itself (2.4); 3.1.1 knows only a closed connection.

export const ReasonCode = {
  success: 0x00,
  unspecifiedError: 0x80,
  malformedPacket: 0x81,
  protocolError: 0x82,
  clientIdNotValid: 0x85,
  notAuthorized: 0x87,
  serverBusy: 0x89,
  serverShuttingDown: 0x8b,
  topicFilterInvalid: 0x8f,
  topicNameInvalid: 0x90,
  receiveMaximumExceeded: 0x93,
  packetTooLarge: 0x95,
  quotaExceeded: 0x97,
} as const;

/** CONNACK return codes of MQTT 3.1 and 3.1.1 (3.2.2.3). */
export const ReturnCode = {
  identifierRejected: 0x02,
  serverUnavailable: 0x03,
} as const;
