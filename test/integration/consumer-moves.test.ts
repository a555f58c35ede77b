// Consumers and groups are moved and deleted by the same calls, whichever of the two a name is.
import { expect, test } from 'vitest';
import { ConsumerMoves } from '../../src/log/consumer-moves.ts';
import { append, settled } from '../contract/log.ts';
import { openGroups } from '../support/group-rig.ts';
import { tempFolder } from '../support/temp-folder.ts';

const workers = { stream: '', consumer: 'workers' };
const to = (offset: number) => ({ ...workers, start: { kind: 'offset', offset } }) as const;

test('a group is moved, reset and deleted like a consumer, and stays so', async () => {
  const folder = tempFolder();
  const rig = await openGroups(folder);
  append(rig.log, [1, 2, 3, 4, 5]);
  await settled(rig.log);
  const moves = new ConsumerMoves(rig.log, rig.groups);
  await rig.join();
  await expect(rig.log.commitPosition('', 'workers', 1)).rejects.toMatchObject({
    code: 'CONSUMER_IS_GROUP',
  });
  expect(() => rig.log.consumers.position(rig.log.stream(''), 'workers')).toThrow(
    expect.objectContaining({ code: 'CONSUMER_IS_GROUP' }),
  );
  await moves.seek(to(3));
  expect(rig.log.position('', 'workers')).toBe(3);
  await expect(moves.seek(to(6))).rejects.toMatchObject({ code: 'OFFSET_BEYOND_END' });
  await moves.reset(workers);
  expect(rig.log.position('', 'workers')).toBe(0);
  await moves.seek(to(2));
  await rig.close();
  const again = await openGroups(folder);
  expect(again.log.positions()).toMatchObject([{ kind: 'group', nextOffset: 2 }]);
  const later = new ConsumerMoves(again.log, again.groups);
  await later.delete(workers);
  expect(again.log.positions()).toEqual([]);
  // The name is free, for a consumer as well.
  await expect(later.delete(workers)).rejects.toMatchObject({ code: 'CONSUMER_UNKNOWN' });
  await expect(later.reset(workers)).rejects.toMatchObject({ code: 'CONSUMER_UNKNOWN' });
  expect(await again.log.commitPosition('', 'workers', 4)).toBe(4);
  await expect(again.join()).rejects.toMatchObject({ code: 'GROUP_IS_CONSUMER' });
  await again.close();
});
