// One connection that publishes at QoS 1 at a given rate, a reading a message whose value is the time
// of the publish in microseconds.
import { once } from 'node:events';
import { connect } from 'node:net';

/** Resolves with the socket when all are sent; `atWarm` is called before the message `warmup`. */
export async function publishPaced(port, { rate, count, warmup, atWarm }) {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  await once(socket, 'connect');
  const id = Buffer.from('paced');
  const header = Buffer.from([0, 4, 0x4d, 0x51, 0x54, 0x54, 4, 2, 0, 0, 0, id.length]);
  socket.write(Buffer.concat([Buffer.from([0x10, header.length + id.length]), header, id]));
  await once(socket, 'data');
  socket.resume();
  const topic = Buffer.from('sensors/fanout/json');
  const publish = (number) => {
    const packet = (number % 65_535) + 1;
    const nowUs = process.hrtime.bigint() / 1000n;
    const body = Buffer.concat([
      Buffer.from([0, topic.length]),
      topic,
      Buffer.from([packet >> 8, packet & 255]),
      Buffer.from(`{"sent":${nowUs}}`),
    ]);
    socket.write(Buffer.concat([Buffer.from([0x32, body.length]), body]));
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
