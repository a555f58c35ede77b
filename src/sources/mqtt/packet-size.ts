// The fixed header of an MQTT packet (2.2), as far as its size goes. Pure.

/**
 * The size of the packet that begins `bytes`, fixed header included; 0 while the header is not
 * whole, -1 when its length has more than four bytes [MQTT-1.5.5-1].
 */
export function packetSize(bytes: Uint8Array): number {
  let remaining = 0;
  let factor = 1;
  for (let index = 1; index <= 4; index++) {
    const byte = bytes[index];
    if (byte === undefined) return 0;
    remaining += (byte & 0x7f) * factor;
    if (byte < 0x80) return 1 + index + remaining;
    factor *= 0x80;
  }
  return -1;
}
