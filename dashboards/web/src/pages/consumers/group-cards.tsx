// What a group has beside a lag: members with what they hold, and readings that go round again.
import type { JSX } from 'preact';
import { usePolled } from '../../api/polled.ts';
import type { Group, Member } from '../../api/reader-answers.ts';
import { readGroups, readMembers } from '../../api/readers.ts';
import { countText } from '../../format/numbers.ts';
import { ageText, durationText } from '../../format/times.ts';

const INTERVAL_MS = 2_000;

interface GroupProps {
  readonly stream: string;
  readonly group: string;
  readonly nowMs: number;
}

export function GroupCards({ stream, group, nowMs }: GroupProps): JSX.Element {
  const groups = usePolled('groups', readGroups, INTERVAL_MS);
  const members = usePolled(
    `groups/${stream}/${group}`,
    (signal) => readMembers({ stream, group }, signal),
    INTERVAL_MS,
  );
  const known = groups.answer?.groups.find(
    (each) => each.stream === stream && each.group === group,
  );
  return (
    <>
      <Members members={members.answer?.members ?? []} nowMs={nowMs} />
      {known !== undefined && <Redelivery group={known} nowMs={nowMs} />}
    </>
  );
}

interface MembersProps {
  readonly members: readonly Member[];
  readonly nowMs: number;
}

function Members({ members, nowMs }: MembersProps): JSX.Element {
  return (
    <div class="card is-wide">
      <div class="card-head">
        <h2>Members</h2>
      </div>
      {members.length === 0 ? (
        <p class="lead">No member is connected: the readings wait until one is.</p>
      ) : (
        <table class="rows members">
          <thead>
            <tr>
              <th scope="col">Member</th>
              <th scope="col" class="is-right">
                Holds
              </th>
              <th scope="col" class="is-right is-minor">
                Takes more
              </th>
              <th scope="col" class="is-right">
                Last ack
              </th>
              <th scope="col" class="is-right">
                Next deadline
              </th>
            </tr>
          </thead>
          <tbody>
            {members.map((each) => (
              <tr key={each.memberId}>
                <th scope="row">{each.member || `number ${each.memberId}`}</th>
                <td class="is-right">{countText(each.inFlight)}</td>
                <td class="is-right is-minor">{countText(each.credits)}</td>
                <td class="is-right">
                  {each.lastAckAt === null ? '–' : ageText(nowMs - Date.parse(each.lastAckAt))}
                </td>
                <td class="is-right">{deadlineText(each, nowMs)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </div>
  );
}

function deadlineText({ oldestDeadline }: Member, nowMs: number): string {
  if (oldestDeadline === null) return '–';
  return `in ${durationText(Math.max(0, Date.parse(oldestDeadline) - nowMs))}`;
}

function Redelivery({ group, nowMs }: { readonly group: Group; readonly nowMs: number }) {
  const { stall, stalledSince } = group;
  const since = stalledSince === null ? '' : `, ${durationText(nowMs - Date.parse(stalledSince))}`;
  return (
    <div class="card is-third">
      <div class="card-head">
        <h2>Redelivery</h2>
        {stall !== null && <span class="state is-warning">{`stands still${since}`}</span>}
      </div>
      {stall !== null && <p class="lead">{stall}</p>}
      <dl class="facts">
        <dt>Held by members</dt>
        <dd>{countText(group.inFlight)}</dd>
        <dt>Failed, sent again soon</dt>
        <dd>{countText(group.waiting)}</dd>
        <dt>Sent again since the start</dt>
        <dd>{countText(group.redeliveries)}</dd>
        <dt>Given up</dt>
        <dd>{countText(group.deadLetters)}</dd>
        <dt>Time for an ack</dt>
        <dd>{durationText(group.ackDeadlineMs)}</dd>
        <dt>Tries at the most</dt>
        <dd>{group.deliveriesMax === null ? 'without end' : countText(group.deliveriesMax)}</dd>
      </dl>
      {group.deadLetters > 0 && (
        <p class="lead">
          <code>millpond groups dead-letters</code> lists what was given up and sends it round
          again.
        </p>
      )}
    </div>
  );
}
