// The package as npm delivers it: packed, and installed in an empty folder.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const PACKAGE = fileURLToPath(new URL('..', import.meta.url));

/** Packs and installs: `{ tarball, files, size, load(name), remove() }`. */
export function installPackage() {
  const folder = mkdtempSync(join(tmpdir(), 'relyingparty-'));
  const [{ filename, files, size }] = JSON.parse(
    run('npm', ['pack', '--json', '--pack-destination', folder], PACKAGE),
  );
  const tarball = join(folder, filename);
  writeFileSync(join(folder, 'package.json'), '{"private":true,"type":"module"}');
  run('npm', ['install', '--no-audit', '--no-fund', tarball], folder);
  return {
    tarball,
    size,
    files: files.map(({ path }) => path),
    load: (name) => {
      const module = join(folder, `${name.replaceAll('/', '-')}.mjs`);
      writeFileSync(module, `export * from '${name}';\n`);
      return import(pathToFileURL(module));
    },
    remove: () => rmSync(folder, { recursive: true }),
  };
}

/** Runs a program to its end; its standard output. */
export function run(program, args, cwd = PACKAGE) {
  const { status, stdout, stderr, error } = spawnSync(program, args, { cwd, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}: ${error?.message ?? stdout + stderr}`);
  return stdout;
}

/** The path of a development dependency's program. */
export function tool(name) {
  return join(PACKAGE, 'node_modules/.bin', name);
}
