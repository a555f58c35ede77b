// The broker library alone, with nothing behind it: what Millpond's cost is measured against.
import { createServer } from 'node:net';
import { Aedes } from 'aedes';

const broker = await Aedes.createBroker();
const server = createServer(broker.handle);
server.listen(0, '127.0.0.1', () => {
  console.log(JSON.stringify({ event: 'ready', mqtt: `127.0.0.1:${server.address().port}` }));
});
process.on('SIGTERM', () => process.exit(0));
