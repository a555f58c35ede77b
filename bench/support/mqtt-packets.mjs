// Packets of MQTT 3.1.1 as bytes, for load over raw sockets: what is measured is the broker.

function string(text) {
  const bytes = Buffer.from(text);
  return Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 255]), bytes]);
}

function packet(firstByte, ...parts) {
  const body = Buffer.concat(parts);
  const length = [];
  let rest = body.length;
  do {
    length.push((rest & 127) | (rest > 127 ? 128 : 0));
    rest >>= 7;
  } while (rest > 0);
  return Buffer.concat([Buffer.from([firstByte, ...length]), body]);
}

/** A clean session without keep-alive. */
export function connectPacket(clientId) {
  return packet(0x10, string('MQTT'), Buffer.from([4, 2, 0, 0]), string(clientId));
}

/** QoS 1; `id` from 1 to 65,535. */
export function publishPacket(topic, id, payload) {
  return packet(0x32, string(topic), Buffer.from([id >> 8, id & 255]), Buffer.from(payload));
}
