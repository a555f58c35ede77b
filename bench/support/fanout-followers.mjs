// Many followers in one process that does as little as it can: each on a connection of its own,
// over Node.js' HTTP/2, reads of each reading the offset and once, for all of them, when it was sent.
//
// node fanout-followers.mjs --grpc 127.0.0.1:50051 --followers 100 --readings 46000 --warmup 6000
import { connect } from 'node:http2';
import { parseArgs } from 'node:util';
import { SubscribeRequest } from '../../dist/generated/millpond/v1/telemetry_service.js';
import { quantiles } from './figures.mjs';

const { values } = parseArgs({
  options: {
    grpc: { type: 'string' },
    followers: { type: 'string' },
    /** How many come in all; the first `warmup` are checked and not measured. */
    readings: { type: 'string' },
    warmup: { type: 'string' },
    /** Each follower asks for another max_batch, so that the gateway has to encode for each. */
    apart: { type: 'boolean', default: false },
  },
});
const followers = Number(values.followers);
const readings = Number(values.readings);
const warmup = Number(values.warmup);
const FRAME_HEADER_BYTES = 5;
/** Tags of proto/millpond/v1: SubscribeResponse.batch, ReadingBatch.readings, Reading.offset and .number. */
const TAG = { batch: 0x0a, readings: 0x0a, offset: 0x08, number: 0x21 };

const sentUs = new Float64Array(readings);
const toReadMs = new Float32Array(followers * (readings - warmup));
let measured = 0;
let finished = 0;
let isDone = () => undefined;
const done = new Promise((resolve) => {
  isDone = resolve;
});

/** A cursor over protobuf's wire format. */
class Wire {
  constructor(bytes, at, end) {
    Object.assign(this, { bytes, at, end });
  }

  varint() {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = this.bytes[this.at++];
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
    }
  }

  skip(tag) {
    if ((tag & 7) === 1) this.at += 8;
    else {
      const value = this.varint();
      if ((tag & 7) === 2) this.at += value;
    }
  }
}

class Follower {
  #next = 0;
  #rest = Buffer.alloc(0);

  /** A gRPC frame may begin and end anywhere in a chunk. */
  take(chunk) {
    const nowUs = Number(process.hrtime.bigint() / 1000n);
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    let at = 0;
    while (bytes.length - at >= FRAME_HEADER_BYTES) {
      const end = at + FRAME_HEADER_BYTES + bytes.readUInt32BE(at + 1);
      if (end > bytes.length) break;
      this.#message(new Wire(bytes, at + FRAME_HEADER_BYTES, end), nowUs);
      at = end;
    }
    this.#rest = bytes.subarray(at);
  }

  #message(wire, nowUs) {
    if (wire.bytes[wire.at++] !== TAG.batch) return;
    wire.varint();
    while (wire.at < wire.end) {
      const tag = wire.varint();
      if (tag !== TAG.readings) {
        wire.skip(tag);
        continue;
      }
      const end = wire.varint() + wire.at;
      this.#reading(new Wire(wire.bytes, wire.at, end), nowUs);
      wire.at = end;
    }
  }

  #reading(wire, nowUs) {
    if (wire.bytes[wire.at++] !== TAG.offset) throw new Error('a reading begins with its offset');
    const offset = wire.varint();
    if (offset !== this.#next) throw new Error(`offset ${offset} where ${this.#next} was due`);
    this.#next += 1;
    if (sentUs[offset] === 0) sentUs[offset] = numberOf(wire);
    if (offset >= warmup) toReadMs[measured++] = (nowUs - sentUs[offset]) / 1000;
    if (this.#next === readings && ++finished === followers) isDone();
  }
}

function numberOf(wire) {
  while (wire.at < wire.end) {
    const tag = wire.varint();
    if (tag === TAG.number) return wire.bytes.readDoubleLE(wire.at);
    wire.skip(tag);
  }
  throw new Error('a reading without a number');
}

function follow(index) {
  const request = SubscribeRequest.encode(
    SubscribeRequest.fromPartial({
      start: { $case: 'offset', value: 0n },
      maxBatch: values.apart ? 1000 + index : 0,
    }),
  ).finish();
  const header = Buffer.alloc(FRAME_HEADER_BYTES);
  header.writeUInt32BE(request.length, 1);
  return new Promise((resolve) => {
    const session = connect(`http://${values.grpc}`);
    session.on('error', fail);
    session.once('remoteSettings', resolve);
    const stream = session.request({
      ':method': 'POST',
      ':path': '/millpond.v1.TelemetryService/Subscribe',
      'content-type': 'application/grpc',
      te: 'trailers',
    });
    const follower = new Follower();
    stream.on('data', (chunk) => follower.take(chunk));
    stream.on('error', fail);
    stream.once('end', () => fail(new Error(`follower ${index} was ended`)));
    stream.end(Buffer.concat([header, Buffer.from(request)]));
  });
}

function fail(error) {
  console.error(error.message);
  process.exit(1);
}

// All of it is in memory before anything is measured.
toReadMs.fill(0);
for (let index = 0; index < followers; index++) await follow(index);
console.log(JSON.stringify({ event: 'ready' }));
await done;
console.log(JSON.stringify({ toRead: quantiles(toReadMs) }));
process.exit(0);
