// Chooses what compiles Rust to wasm32-unknown-unknown on this machine, and runs cargo with it.
//
//   node bindings-wasm/toolchain.mjs -- -p relyingparty --no-default-features
//
// runs `cargo build --target wasm32-unknown-unknown` with those arguments. In this order:
//   installed  the target is part of the installed toolchain
//   rustup     `rustup target add` puts it there
//   debian     Debian's compiler and library source (rustc-web, rust-web-src), the standard library built
//              from source: for machines that reach a Debian mirror but not rustup's servers
// RP_WASM_TOOLCHAIN names one of the three and skips the choice.

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

export const TARGET = 'wasm32-unknown-unknown';
export const WORKSPACE = dirname(dirname(fileURLToPath(import.meta.url)));
export const TARGET_DIR = resolve(WORKSPACE, process.env.CARGO_TARGET_DIR ?? 'target');

const RUSTUP_TIMEOUT_MS = 120_000;
const APT_TIMEOUT_MS = 600_000;
const DEBIAN_RUSTC = '/usr/bin/rustc';
const DEBIAN_PACKAGES = ['rustc-web', 'rust-web-src'];

/** The first toolchain of the list above that works: `{ name, env, args }`, to be added to cargo's own. */
export function chooseToolchain(wanted = process.env.RP_WASM_TOOLCHAIN) {
  switch (wanted) {
    case undefined:
      return installed() ?? rustup() ?? debian();
    case 'installed':
      return installed() ?? fail(`the target ${TARGET} is not installed`);
    case 'rustup':
      return rustup() ?? fail(`rustup could not add the target ${TARGET}`);
    case 'debian':
      return debian();
    default:
      return fail(`RP_WASM_TOOLCHAIN is ${wanted}: expected installed, rustup or debian`);
  }
}

/** `cargo build` for wasm32; throws when it fails. */
export function cargoBuild(args, toolchain = chooseToolchain()) {
  run('cargo', ['build', '--target', TARGET, ...toolchain.args, ...args], { env: toolchain.env });
}

/** Runs a program in the workspace, its output on ours; throws when it cannot or when it fails. */
export function run(program, args, { env = {}, ...options } = {}) {
  const { status, signal, error } = spawnSync(program, args, {
    cwd: WORKSPACE,
    stdio: 'inherit',
    env: { ...process.env, ...env },
    ...options,
  });
  if (error) fail(`${program}: ${error.message}`);
  if (status !== 0) fail(`${program} ${args[0] ?? ''} failed (${signal ?? `exit ${status}`})`);
}

function installed() {
  const sysroot = output('rustc', ['--print', 'sysroot']);
  if (!sysroot || !existsSync(join(sysroot, 'lib/rustlib', TARGET, 'lib'))) return undefined;
  return { name: 'installed', env: {}, args: [] };
}

function rustup() {
  const { status } = spawnSync('rustup', ['target', 'add', TARGET], {
    cwd: WORKSPACE,
    stdio: ['ignore', 'ignore', 'inherit'],
    timeout: RUSTUP_TIMEOUT_MS,
  });
  return status === 0 && installed() ? { name: 'rustup', env: {}, args: [] } : undefined;
}

function debian() {
  if (!debianSource()) installDebian();
  if (!debianSource())
    fail(`${DEBIAN_PACKAGES.join(' and ')} are installed, but ${DEBIAN_RUSTC} finds no library source`);
  return {
    name: 'debian',
    env: {
      RUSTC: DEBIAN_RUSTC,
      RUSTC_BOOTSTRAP: '1',
      CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER: wasmLinker(),
    },
    args: ['-Z', 'build-std=std,panic_abort'],
  };
}

function debianSource() {
  const sysroot = existsSync(DEBIAN_RUSTC) && output(DEBIAN_RUSTC, ['--print', 'sysroot']);
  return sysroot && existsSync(join(sysroot, 'lib/rustlib/src/rust/library/std/Cargo.toml'));
}

function installDebian() {
  const packages = DEBIAN_PACKAGES.join(' ');
  if (!existsSync('/usr/bin/apt-get')) {
    fail(
      `no way to compile for ${TARGET}: run \`rustup target add ${TARGET}\` where rustup's servers can be reached`,
    );
  }
  if (process.getuid?.() !== 0)
    fail(`no way to compile for ${TARGET}: run \`apt-get install ${packages}\` as root`);
  const options = { env: { DEBIAN_FRONTEND: 'noninteractive' }, timeout: APT_TIMEOUT_MS };
  run('apt-get', ['update', '--quiet'], options);
  run('apt-get', ['install', '--yes', '--quiet', '--no-install-recommends', ...DEBIAN_PACKAGES], options);
}

/** Debian's compiler has no linker for wasm: rustup's has, and so has the package `lld`. */
function wasmLinker() {
  const sysroot = output('rustc', ['--print', 'sysroot']);
  const host = /^host: (.*)$/m.exec(output('rustc', ['-vV']) ?? '')?.[1];
  const shipped = sysroot && host && join(sysroot, 'lib/rustlib', host, 'bin/rust-lld');
  if (shipped && existsSync(shipped)) return shipped;
  return (
    ['rust-lld', 'wasm-ld'].find((name) => output(name, ['-flavor', 'wasm', '--version'])) ??
    fail('no linker for wasm: neither rust-lld nor wasm-ld was found')
  );
}

function output(program, args) {
  const { status, stdout } = spawnSync(program, args, { cwd: WORKSPACE, encoding: 'utf8' });
  return status === 0 ? stdout.trim() : undefined;
}

function fail(message) {
  throw new Error(message);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [separator, ...args] = process.argv.slice(2);
  try {
    if (separator !== '--') fail('usage: node bindings-wasm/toolchain.mjs -- <arguments of cargo build>');
    cargoBuild(args);
  } catch (error) {
    console.error(`toolchain: ${error.message}`);
    process.exitCode = 1;
  }
}
