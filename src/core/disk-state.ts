// What a disk can have; the closed list of the metric's label and of the log lines.

export const diskStates = ['ok', 'full', 'read_only', 'failing', 'other'] as const;

/**
 * `full`: no space or no quota left. `read_only`: mounted so, or made so by the kernel. `failing`:
 * reads or writes end with an error of the device. `other`: not the disk, or not known.
 */
export type DiskState = (typeof diskStates)[number];

/** States that pass by themselves, or when somebody frees, mounts or plugs in something. */
export function canPass(state: DiskState): boolean {
  return state === 'full' || state === 'read_only' || state === 'failing';
}
