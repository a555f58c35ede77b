// The streams with what each keeps, and who is connected.
import type { JSX } from 'preact';
import type { Status, StreamStatus } from '../../api/answers.ts';
import { bytesText, countText, rateText } from '../../format/numbers.ts';
import { durationText } from '../../format/times.ts';

interface StatusProps {
  readonly status: Status;
}

export function StreamsCard({ status: { streams } }: StatusProps): JSX.Element {
  return (
    <div class="card is-wide">
      <div class="card-head">
        <h2>Streams</h2>
      </div>
      <table class="rows streams">
        <thead>
          <tr>
            <th scope="col">Stream</th>
            <th scope="col" class="is-right">
              Kept
            </th>
            <th scope="col" class="is-right">
              A second
            </th>
            <th scope="col" class="is-right">
              On disk
            </th>
            <th scope="col">Goes</th>
          </tr>
        </thead>
        <tbody>
          {streams.map((stream) => (
            <tr key={stream.stream}>
              <td>
                {stream.stream} {stream.isFull && <span class="state is-critical">Full</span>}
              </td>
              <td class="is-right">{countText(keptReadings(stream))}</td>
              <td class="is-right">{rateText(stream.readingsPerSecond)}</td>
              <td class="is-right">{bytesText(stream.sealedBytes + stream.hotBytes)}</td>
              <td>{retentionText(stream)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** Exact up to 2^53, and offsets are within that. */
function keptReadings({ lowWatermark, highWatermark }: StreamStatus): number {
  return Number(BigInt(highWatermark) - BigInt(lowWatermark));
}

function retentionText({ retention }: StreamStatus): string {
  const { ageSeconds, bytes, hardBytes } = retention;
  const limits = [
    ageSeconds === null ? '' : `after ${durationText(ageSeconds * 1000)}`,
    bytes === null ? '' : `beyond ${bytesText(bytes)}`,
    hardBytes === null ? '' : `at the latest beyond ${bytesText(hardBytes)}`,
  ].filter(Boolean);
  return limits.length === 0 ? 'when the disk is full' : limits.join(', ');
}

export function ConnectionsCard({ status }: StatusProps): JSX.Element {
  const { mqttConnections, subscribers, producers, serialPorts, consumers } = status;
  const open = serialPorts.filter(({ isOpen }) => isOpen).length;
  return (
    <div class="card is-third">
      <div class="card-head">
        <h2>Connections</h2>
      </div>
      <dl class="facts">
        <dt>MQTT clients</dt>
        <dd>{countText(mqttConnections)}</dd>
        {serialPorts.length > 0 && (
          <>
            <dt>Serial ports open</dt>
            <dd>
              {open} of {serialPorts.length}
            </dd>
          </>
        )}
        <dt>Subscribers</dt>
        <dd>{countText(subscribers)}</dd>
        <dt>Consumers known</dt>
        <dd>{countText(consumers.length)}</dd>
        <dt>Producers known</dt>
        <dd>{countText(producers)}</dd>
      </dl>
    </div>
  );
}
