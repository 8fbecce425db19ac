// Whatever an editor shows when it is pointed at, it explains.

import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { after, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { SyntaxKind } from 'typescript/unstable/ast';
import { API } from 'typescript/unstable/sync';

const PACKAGE = fileURLToPath(new URL('..', import.meta.url));
const TYPES = readdirSync(`${PACKAGE}types`);
/** What has a name that people read, or is called by one. */
const NAMED = new Set([
  SyntaxKind.CallSignature,
  SyntaxKind.ClassDeclaration,
  SyntaxKind.Constructor,
  SyntaxKind.EnumDeclaration,
  SyntaxKind.FunctionDeclaration,
  SyntaxKind.GetAccessor,
  SyntaxKind.IndexSignature,
  SyntaxKind.InterfaceDeclaration,
  SyntaxKind.MethodDeclaration,
  SyntaxKind.MethodSignature,
  SyntaxKind.PropertyDeclaration,
  SyntaxKind.PropertySignature,
  SyntaxKind.TypeAliasDeclaration,
]);
const NOBODYS = new Set([SyntaxKind.PrivateKeyword, SyntaxKind.ProtectedKeyword]);

const api = new API();
const project = api.updateSnapshot({ openProject: `${PACKAGE}tsconfig.json` }).getProjects()[0];
after(() => api.close());

/** Each exported declaration of a file and each of their members, and what is written above it. */
function declarations(file) {
  const source = project.program.getSourceFile(`${PACKAGE}types/${file}`);
  const found = [];
  const visit = (node, within) => {
    const hidden = node.modifiers?.some(({ kind }) => NOBODYS.has(kind));
    const named = NAMED.has(node.kind) && !hidden;
    const name = named ? [...within, nameOf(node)] : within;
    if (named) found.push({ name: name.join('.'), text: (node.jsDoc ?? []).map((doc) => textOf(source, doc)).join(' ') });
    node.forEachChild((child) => visit(child, name));
  };
  source.forEachChild((child) => visit(child, []));
  return found;
}

function nameOf({ name, kind }) {
  return name?.text ?? SyntaxKind[kind];
}

function textOf(source, { pos, end }) {
  return source.text.slice(pos, end).replaceAll(/^\/\*\*|\*\/$|^ *\* ?/gm, '').replaceAll(/\s+/g, ' ').trim();
}

describe('every exported name and every member is documented', () => {
  for (const file of TYPES) {
    test(file, () => {
      const bare = declarations(file).filter(({ text }) => !text);
      assert.deepEqual(bare.map(({ name }) => name), []);
    });
  }

  test('there are some', () => {
    const all = TYPES.flatMap(declarations);
    assert.ok(all.length > 300, String(all.length));
    assert.ok(all.some(({ name, text }) => name === 'Policy.key_tries' && text.includes('Default: 3')));
    assert.ok(all.some(({ name }) => name === 'RelyingParty.callback'));
  });
});

test('nothing is exported that the package does not export', async () => {
  const exported = new Set(Object.keys(await import('../dist/node/entry_node.js')));
  const values = /^export (?:class|function|const) (\w+)/gm;
  const files = ['index', 'errors', 'host', 'keys', 'logout', 'relyingparty', 'sans_io', 'session_stores', 'site', 'stores'];
  const declared = files.flatMap((file) =>
    Array.from(readFileSync(`${PACKAGE}types/${file}.d.ts`, 'utf8').matchAll(values), ([, name]) => name),
  );
  assert.deepEqual(new Set(declared), exported);
});

test('each async verb of the relying party has words of its own', () => {
  const verbs = declarations('relyingparty.d.ts').filter(({ name }) => /^RelyingParty\.\w+$/.test(name));
  for (const { name, text } of verbs) assert.ok(!/^See /.test(text) && text.length > 30, name);
});
