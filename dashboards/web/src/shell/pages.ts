// The pages, in the order of the navigation. A page is loaded when it is first opened; to add one,
// add a line here.
import type { ComponentType, VNode } from 'preact';
import { icons } from './icons.tsx';
import type { Route } from './router.ts';

export interface PageProps {
  /** `parts[0]` is the page's own path. */
  readonly route: Route;
}

export interface Page {
  /** The first part of its address; empty for the first page. */
  readonly path: string;
  readonly title: string;
  readonly icon: VNode;
  readonly load: () => Promise<{ readonly default: ComponentType<PageProps> }>;
}

export const pages: readonly Page[] = [
  {
    path: '',
    title: 'Overview',
    icon: icons.overview,
    load: () => import('../pages/overview/page.tsx'),
  },
  {
    path: 'devices',
    title: 'Devices',
    icon: icons.devices,
    load: () => import('../pages/devices/page.tsx'),
  },
  {
    path: 'live',
    title: 'Live tail',
    icon: icons.live,
    load: () => import('../pages/live/page.tsx'),
  },
  {
    path: 'consumers',
    title: 'Consumers',
    icon: icons.consumers,
    load: () => import('../pages/consumers/page.tsx'),
  },
  {
    path: 'dead-letters',
    title: 'Dead letters',
    icon: icons.deadLetters,
    load: () => import('../pages/dead-letters/page.tsx'),
  },
  {
    path: 'losses',
    title: 'Losses',
    icon: icons.losses,
    load: () => import('../pages/losses/page.tsx'),
  },
  {
    path: 'connect',
    title: 'Connect',
    icon: icons.connect,
    load: () => import('../pages/connect/page.tsx'),
  },
];
