// SPDX-License-Identifier: Apache-2.0
/** What every root script shares: help, options, a check of Node, and failure told in two lines. Works on any Node that knows ES modules. */
import process from 'node:process';
import * as util from 'node:util';

/** Something a person can put right: what went wrong in one line, how to fix it in another. */
export class Trouble extends Error {
  constructor(what, fix) {
    super(what);
    this.fix = fix;
  }
}

/** The oldest Node the dependencies run on. */
const OLDEST = [20, 19];

function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1])) return;
  throw new Trouble(
    `Node ${process.versions.node} is too old: ThingLedger needs Node ${OLDEST.join('.')} or later`,
    'install a current Node (nodejs.org, or your version manager: nvm install 22) and run the command again',
  );
}

function help({ name, summary, options = {}, notes = [] }) {
  const width = 26;
  const rows = Object.entries({ ...options, help: { type: 'boolean', about: 'this text' } }).map(
    ([key, { type, value = 'value', about }]) =>
      `  ${(type === 'boolean' ? `--${key}` : `--${key} <${value}>`).padEnd(width)}${about}`,
  );
  const lines = [summary, '', `npm run ${name} -- [options]`, ...rows];
  return [...lines, ...(notes.length > 0 ? ['', ...notes] : [])].join('\n');
}

function parse(definition) {
  const known = { ...definition.options, help: { type: 'boolean', short: 'h' } };
  const options = Object.fromEntries(
    Object.entries(known).map(([key, { type, short, default: standard }]) => [
      key,
      { type, ...(short ? { short } : {}), ...(standard === undefined ? {} : { default: standard }) },
    ]),
  );
  try {
    const parsed = util.parseArgs({ options, allowPositionals: definition.positionals ?? false });
    for (const [key, { values, form, value }] of Object.entries(definition.options ?? {})) {
      const given = parsed.values[key];
      if (values && given !== undefined && !values.includes(given))
        throw new Error(`--${key} is one of ${values.join(', ')}, not ${given}`);
      if (form && given !== undefined && !form.test(given))
        throw new Error(`--${key} takes a ${value}, not ${given}`);
    }
    return parsed;
  } catch (error) {
    throw new Trouble(
      error.message.split('\n')[0],
      `npm run ${definition.name} -- --help lists what it takes`,
    );
  }
}

/**
 * Runs a script's action. Options are those of util.parseArgs, each with `about` and perhaps `value` (the word shown
 * for its value), `values` (the only ones allowed) or `form` (what each must match). The action's return value, if a number, is the exit code.
 */
export async function verb(definition, action) {
  try {
    checkNode();
    const { values, positionals } = parse(definition);
    if (values.help) return console.log(help(definition));
    const code = await action(values, positionals);
    if (typeof code === 'number') process.exitCode = code;
  } catch (error) {
    const known = error instanceof Trouble;
    console.error(`npm run ${definition.name}: ${known ? error.message : explain(error)}`);
    console.error(`  fix: ${known ? error.fix : (FIXES[error?.code] ?? FIXES.other)}`);
    process.exitCode = 1;
  }
}

/** What to do about an error that nobody put into words. */
const FIXES = {
  EADDRINUSE: 'stop what listens there, or take other ports: npm start -- --base-port 17000',
  other: 'npm run doctor looks for what is missing on this machine',
};

/** One line about any error; the whole of it with DEBUG set. */
function explain(error) {
  if (process.env.DEBUG) return error instanceof Error ? error.stack : String(error);
  return (error instanceof Error ? error.message : String(error)).split('\n')[0];
}
