// Presets: other defaults for a kind of machine. What the file or the environment sets still wins.

/** Options by path, with the value as it would be written in the file. */
export type Preset = Readonly<Record<string, string>>;

export const presets: Readonly<Record<'sd-card', Preset>> = {
  'sd-card': {
    'log.commitInterval': '1s',
    'log.checkpointBytes': '32MiB',
    'log.sealAge': '6h',
  },
};

/** Null where nothing is preset, and for what names no preset. */
export function findPreset(name: unknown): Preset | null {
  return name === 'sd-card' ? presets[name] : null;
}
