// SPDX-License-Identifier: Apache-2.0
import { spawn, spawnSync } from 'node:child_process';
import { join, resolve } from 'node:path';

/** The repository's root folder. */
export const root = resolve(import.meta.dirname ?? '.', '../..');

/** A program of an installed package, run by this Node: no shell, no PATH, the same on every system. */
export const tool = (path, ...args) => [process.execPath, join(root, 'node_modules', path), ...args];

/** npm, as started by the npm that runs this script, else the one on PATH. */
export const npm = (...args) =>
  process.env.npm_execpath ? [process.execPath, process.env.npm_execpath, ...args] : ['npm', ...args];

/**
 * Runs a command in the root folder and resolves with its exit code (124 when it ran out of time).
 *
 * @param {string[]} command
 * @param {{ env?: Record<string, string>, quiet?: boolean, timeout?: number }} [options] quiet shows nothing, and the
 *   first lines of output when the command fails; timeout in milliseconds ends the command and what it started.
 */
export function run([program, ...args], { env = {}, quiet = false, timeout } = {}) {
  return new Promise((done, fail) => {
    const stdio = ['inherit', quiet ? 'pipe' : 'inherit', quiet ? 'pipe' : 'inherit'];
    const detached = timeout !== undefined && process.platform !== 'win32';
    const child = spawn(program, args, { cwd: root, stdio, detached, env: { ...process.env, ...env } });
    const output = [];
    child.stdout?.on('data', (chunk) => output.push(chunk));
    child.stderr?.on('data', (chunk) => output.push(chunk));

    const end = (signal) => {
      try {
        if (detached) process.kill(-child.pid, signal);
        else child.kill(signal);
      } catch {
        // It ended by itself in the meantime.
      }
    };
    for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, end);
    let late = false;
    const timer =
      timeout === undefined ? undefined : setTimeout(() => ((late = true), end('SIGKILL')), timeout);

    child.on('error', fail);
    child.on('close', (code) => {
      clearTimeout(timer);
      for (const signal of ['SIGINT', 'SIGTERM']) process.off(signal, end);
      if (quiet && code !== 0)
        console.error(Buffer.concat(output).toString().split('\n').slice(0, 20).join('\n'));
      done(late ? 124 : (code ?? 1));
    });
  });
}

/** Whether a program answers on PATH, within ten seconds; its first line of output, or undefined. */
export function answer(program, ...args) {
  const { status, stdout } = spawnSync(program, args, { encoding: 'utf8', timeout: 10_000 });
  return status === 0 ? stdout.trim().split('\n')[0] : undefined;
}

/** `8.3 s`, or `2 min 5 s`. */
export function duration(milliseconds) {
  const seconds = milliseconds / 1000;
  return seconds < 60
    ? `${seconds.toFixed(1)} s`
    : `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
}
