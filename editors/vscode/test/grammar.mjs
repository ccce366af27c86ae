// Tokenizes snippets with the grammar and compares the scopes that matter: node test/grammar.mjs
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import oniguruma from 'vscode-oniguruma';
import textmate from 'vscode-textmate';

const require = createRequire(import.meta.url);
await oniguruma.loadWASM(await readFile(require.resolve('vscode-oniguruma/release/onig.wasm')));
const registry = new textmate.Registry({
  onigLib: Promise.resolve({
    createOnigScanner: (patterns) => new oniguruma.OnigScanner(patterns),
    createOnigString: (text) => new oniguruma.OnigString(text),
  }),
  loadGrammar: async () => {
    const path = new URL('../syntaxes/nix.tmLanguage.json', import.meta.url);
    return textmate.parseRawGrammar(await readFile(path, 'utf8'), 'nix.tmLanguage.json');
  },
});
const grammar = await registry.loadGrammar('source.nix');

// `text` → what each `word` in it is: the last scope of its token, without the ending.
const cases = [
  ['{ pkgs ? import <nixpkgs> { }, ... }: x', { pkgs: 'variable.parameter', '<nixpkgs>': 'string.unquoted.path.search', import: 'support.function.builtin', '...': 'keyword.operator.ellipsis' }],
  ['args@{ a, b }: args', { args: 'variable.parameter', a: 'variable.parameter', b: 'variable.parameter' }],
  ['{ a = 1; b.c = x.y; }', { a: 'variable.other.property', b: 'variable.other.property', '1': 'constant.numeric.integer', y: 'variable.other.member' }],
  ['{ inherit (lib) id map; }', { inherit: 'keyword.other.inherit', lib: 'variable.other', id: 'variable.other.property' }],
  ['x: y: x + y', { x: 'variable.parameter', '+': 'keyword.operator.arithmetic' }],
  ['"a${b}c"', { a: 'string.quoted.double', b: 'variable.other', '${': 'punctuation.section.interpolation.begin' }],
  ["''a ''${no} ${yes} ''", { "''$": 'constant.character.escape', yes: 'variable.other', '{no} ': 'string.quoted.other.indented' }],
  ['a == b', { '==': 'keyword.operator.comparison' }],
  ['a // b', { '//': 'keyword.operator.update' }],
  ['./a/b.nix', { './a/b.nix': 'string.unquoted.path' }],
  ['https://example.org/x', { 'https://example.org/x': 'string.unquoted.uri' }],
  ['if a then b else c', { if: 'keyword.control.conditional', else: 'keyword.control.conditional' }],
  ['let in-between = 1; in in-between', { let: 'keyword.other', 'in-between': 'variable.other.property' }],
  ['x.or or 3', { '3': 'constant.numeric.integer' }],
  ['builtins.map f', { map: 'support.function.builtin', builtins: 'support.module' }],
  ['1.5e3 /* c */ # d', { '1.5e3': 'constant.numeric.float', ' c ': 'comment.block', '# d': 'comment.line.number-sign' }],
  ['[ true null ]', { true: 'constant.language', null: 'constant.language' }],
];

let failures = 0;
for (const [text, expected] of cases) {
  const { tokens } = grammar.tokenizeLine(text, textmate.INITIAL);
  for (const [word, scope] of Object.entries(expected)) {
    const token = tokens.find((token) => text.slice(token.startIndex, token.endIndex) === word || (word.trim() !== '' && text.slice(token.startIndex, token.endIndex).trim() === word.trim()));
    const actual = token?.scopes.at(-1)?.replace(/\.nix$/, '');
    if (actual !== scope) {
      failures += 1;
      console.error(`${text}: '${word}' is ${actual}, not ${scope}`);
      console.error(tokens.map((token) => `    '${text.slice(token.startIndex, token.endIndex)}' ${token.scopes.at(-1)}`).join('\n'));
    }
  }
}
// Nothing may stay open at the end of a whole file.
for (const path of process.argv.slice(2)) {
  let state = textmate.INITIAL;
  for (const line of (await readFile(path, 'utf8')).split('\n')) {
    state = grammar.tokenizeLine(line, state).ruleStack;
  }
  if (state.depth !== 1) {
    failures += 1;
    console.error(`${path}: the grammar ends inside ${state.depth - 1} constructs`);
  }
}
if (failures > 0) process.exit(1);
console.log(`${cases.length} snippets, ${process.argv.length - 2} files`);
