// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { createRequire, isBuiltin } from 'node:module';
import { dirname } from 'node:path';
import { pathToFileURL } from 'node:url';

interface Module {
  exports: unknown;
}

type Body = (
  exports: unknown,
  require: (request: string) => unknown,
  module: Module,
  filename: string,
  directory: string,
) => void;

const parameters = ['exports', 'require', 'module', '__filename', '__dirname'];

/**
 * Loads a new instance of a CommonJS module and of everything it requires, apart from Node's own modules and packages
 * in `node_modules`, which are shared. Two instances have no module state in common, as two processes have none.
 *
 * @param entry package name or absolute file
 * @throws Error when a module cannot be found or fails while it is loaded
 */
export function loadInstance(entry: string): unknown {
  const modules = new Map<string, Module>();
  const load = (request: string, from: NodeJS.Require): unknown => {
    if (isBuiltin(request)) return from(request);
    const file = from.resolve(request);
    if (file.includes('node_modules')) return from(request);
    const known = modules.get(file);
    if (known) return known.exports;
    const module: Module = { exports: {} };
    // Known before it has run, so that modules may require one another.
    modules.set(file, module);
    const text = readFileSync(file, 'utf8');
    if (file.endsWith('.json')) module.exports = JSON.parse(text);
    else run(file, text, module);
    return module.exports;
  };
  const run = (file: string, text: string, module: Module): void => {
    // node:vm would compile for Node's own realm, which within a test runner is not this one.
    // eslint-disable-next-line @typescript-eslint/no-implied-eval -- a file of the chaincode's, as require would run it
    const body = new Function(...parameters, `${text}\n//# sourceURL=${pathToFileURL(file).href}`) as Body;
    const own = createRequire(file);
    body(module.exports, (request) => load(request, own), module, file, dirname(file));
  };
  return load(entry, createRequire(import.meta.url));
}
