// The devices, or one of them: `#/devices` and `#/devices/<name>`.
import type { JSX } from 'preact';
import type { PageProps } from '../../shell/pages.ts';
import { DevicePage } from '../device/device-page.tsx';
import { DevicesPage } from './devices-page.tsx';

export default function Devices({ route }: PageProps): JSX.Element {
  const [, device] = route.parts;
  if (device === undefined) return <DevicesPage route={route} />;
  return <DevicePage key={device} device={device} route={route} />;
}
