// SPDX-License-Identifier: Apache-2.0
import { docker } from './doctor.mjs';

/** A machine on which only these commands answer. */
const machine = (answers) => (program, first) => answers[`${program} ${first}`];
const client = { 'docker --version': 'Docker version 28.0.0' };
const compose = { 'docker compose': '2.40.3' };
const engine = { 'docker version': '28.0.0' };

describe('what docker compose up needs', () => {
  test.each([
    ['no Docker', {}, 'get-docker'],
    ['no Compose plugin', { ...client, ...engine }, 'compose/install'],
    ['no engine', { ...client, ...compose }, 'no engine answers'],
  ])('%s', (_, answers, fix) => {
    const finding = docker(machine(answers));
    expect(finding.found).toBeUndefined();
    expect(finding.optional).toBe(true);
    expect(finding.fix).toContain(fix);
  });

  test('all of it', () => {
    expect(docker(machine({ ...client, ...compose, ...engine })).found).toBe('engine 28.0.0, compose 2.40.3');
  });
});
