// The addresses in the connect page's lines, and the overview's first sentence.
import { expect, test } from 'vitest';
import type { Status } from '../../../dashboards/web/src/api/answers.ts';
import { guides } from '../../../dashboards/web/src/pages/connect/guides.ts';
import { endpointText, reachOf } from '../../../dashboards/web/src/pages/connect/reach.ts';
import { headlineOf } from '../../../dashboards/web/src/pages/overview/headline.ts';

test.each([
  // Listens on its own machine alone: a device elsewhere needs the machine's name, once it is opened.
  ['127.0.0.1:1883', 'localhost', '127.0.0.1:1883', 'pi4:1883', true],
  ['[::1]:1883', '127.0.0.1', '[::1]:1883', 'pi4:1883', true],
  // Listens everywhere: the name that the browser used works.
  ['0.0.0.0:1883', '192.168.1.7', '192.168.1.7:1883', '192.168.1.7:1883', false],
  ['[::]:1884', 'localhost', 'localhost:1884', 'pi4:1884', false],
  ['[::]:1884', '[fd00::7]', '[fd00::7]:1884', '[fd00::7]:1884', false],
  // Listens on one interface.
  ['192.168.1.7:1883', 'localhost', '192.168.1.7:1883', '192.168.1.7:1883', false],
])('%s, asked as %s, is near at %s and far at %s', (listen, asked, near, far, isLoopback) => {
  const reach = reachOf(listen, 'pi4', asked);
  expect(endpointText(reach.near)).toBe(near);
  expect(endpointText(reach.far)).toBe(far);
  expect(reach.isLoopback).toBe(isLoopback);
});

test('every guide has the real port in a line to copy', () => {
  const reach = (port: number) => reachOf(`0.0.0.0:${port}`, 'pi4', 'gateway.local');
  const addresses = { mqtt: reach(11883), grpc: reach(15051), http: reach(18080) };
  for (const { name, kind, steps } of guides) {
    const lines = steps(addresses)
      .map((step) => step.lines ?? '')
      .join('\n');
    expect(lines, name).toContain('gateway.local');
    expect(lines, name).toContain(kind === 'send' ? '11883' : '15051');
  }
});

const well = { ready: true, problem: null, devices: 3, alerts: [] } as unknown as Status;
const alert = { code: 'X', subject: '', message: '', remedy: '', since: null };

test('the worst comes first', () => {
  const warning = { ...alert, severity: 'warning' } as const;
  const critical = { ...alert, severity: 'critical' } as const;
  const kinds = [
    well,
    { ...well, alerts: [warning] },
    { ...well, alerts: [warning, critical] },
    { ...well, ready: false, problem: 'The disk is full.' },
  ].map((status) => headlineOf(status).kind);
  expect(kinds).toEqual(['good', 'warning', 'critical', 'critical']);
  expect(headlineOf({ ...well, ready: false, problem: 'The disk is full.' }).text).toBe(
    'The disk is full.',
  );
  expect(headlineOf({ ...well, devices: 0 }).text).toContain('first device');
});
