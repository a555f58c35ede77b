// One connection that publishes at QoS 1 at a given rate, a reading a message whose value is the time
// of the publish in microseconds.
import { once } from 'node:events';
import { connect } from 'node:net';
import { connectPacket, publishPacket } from './mqtt-packets.mjs';

/** Resolves with the socket when all are sent; `atWarm` is called before the message `warmup`. */
export async function publishPaced(port, { rate, count, warmup, atWarm }) {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  await once(socket, 'connect');
  socket.write(connectPacket('paced'));
  await once(socket, 'data');
  socket.resume();
  const publish = (number) => {
    const nowUs = process.hrtime.bigint() / 1000n;
    socket.write(publishPacket('sensors/fanout/json', (number % 65_535) + 1, `{"sent":${nowUs}}`));
  };
  const startedMs = performance.now();
  let sent = 0;
  await new Promise((resolve) => {
    const timer = setInterval(() => {
      const due = Math.min(count, Math.floor(((performance.now() - startedMs) * rate) / 1000));
      while (sent < due) {
        if (sent === warmup) atWarm();
        publish(sent++);
      }
      if (sent < count) return;
      clearInterval(timer);
      resolve();
    }, 1);
  });
  return socket;
}
