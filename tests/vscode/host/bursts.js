// What users do in bursts: after each, what is shown must be what the text is by then.

const { spawnSync } = require('node:child_process');
const { mkdirSync, rmSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');
const { PROJECT, at, diagnostics, edited, hands, lines, look, noDiagnostics, open, put, replace, run, until, vscode } = require('./support');

const markdown = (hovers) => hovers.flatMap((hover) => hover.contents.map((part) => (typeof part === 'string' ? part : part.value))).join('\n');
const hover = async (file, text) => markdown(await run('vscode.executeHoverProvider', file.uri, at(file, text)));
const only = (file, text) => until(`only ${text}`, () => {
  const all = vscode.languages.getDiagnostics(file.uri);
  return all.length === 1 && all[0].message.includes(text) && all[0].message;
});

function git(...args) {
  const done = spawnSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.org', ...args], { cwd: join(PROJECT, 'branches'), encoding: 'utf8' });
  if (done.status !== 0) throw new Error(done.stderr);
}

module.exports = {
  async 'fast-typing'() {
    const file = await edited('scratch.nix', 'let\n  tools = import ./. { };\nin\n|');
    await run('workbench.action.focusActiveEditorGroup');
    // Every key with the menu open or about to open.
    await hands({ type: '[ tools.hammer.weight tools.bench.name tools.count tools.heaviest.wei' });
    await until('the text', () => lines(file)[3].includes('.heaviest.wei'));
    // Where the machine is slow, the menu of before may be gone by now.
    await run('editor.action.triggerSuggest');
    await look({ see: '.suggest-widget.visible .monaco-list-row', text: 'weight' });
    await hands({ press: 'Tab' }, { type: ' ]' });
    await until('the text', () => lines(file)[3].endsWith('weight ]'));
    await noDiagnostics(file);
    return lines(file)[3];
  },
  async 'half-typed'() {
    const file = await edited('scratch.nix', '|');
    await run('workbench.action.focusActiveEditorGroup');
    await hands({ type: 'let a = 1; in a + missing' }, { press: 'Escape' });
    const found = await diagnostics(file, (one) => one.message.includes('missing'));
    await look({ see: '.squiggly-error' });
    return [...found, lines(file)[0]];
  },
  async 'undo-and-redo'() {
    const file = await open('scratch.nix');
    const before = file.document.getText();
    for (let index = 1; index <= 20; index += 1) {
      await file.editor.edit((edit) => edit.insert(new vscode.Position(1, 0), `  x${index} = ${index};\n`));
    }
    for (let index = 0; index < 20; index += 1) await run('undo');
    await until('the text of before', () => file.document.getText() === before);
    await only(file, 'unused');
    await run('redo');
    await diagnostics(file, (one) => one.message.includes("'x1'"));
    await run('undo');
    const seen = await only(file, 'unused');
    await look();
    return [seen, await hover(file, 'weights')];
  },
  async reload() {
    const file = await edited('scratch.nix', 'undefined_name');
    await diagnostics(file, (one) => one.message.includes('undefined_name'));
    await run('workbench.action.files.revert');
    const seen = await only(file, 'unused');
    await look();
    return [seen, await hover(file, 'greeting =')];
  },
  async 'save-while-evaluating'() {
    const path = join(PROJECT, 'busy.nix');
    writeFileSync(path, '');
    const file = await edited('busy.nix', "{\n  busy = builtins.foldl' (a: b: a + b) 0 (builtins.genList (x: x) 100000000);\n  size = 1;\n}");
    await file.document.save();
    void run('vscode.executeHoverProvider', file.uri, at(file, 'busy'));
    // The server is at it; the user goes on.
    const all = at(file, '100000000');
    await file.editor.edit((edit) => edit.replace(new vscode.Range(all, all.translate(0, 9)), '10'));
    await file.document.save();
    const seen = await until('the new value', async () => {
      const text = await hover(file, 'busy');
      return text.includes('45') && text;
    });
    put(file, at(file, 'busy', 1));
    await run('editor.action.showHover');
    await look({ see: '.monaco-hover-content', text: '45' });
    await run('workbench.action.revertAndCloseActiveEditor');
    rmSync(path);
    return seen;
  },
  async 'large-file'() {
    const path = join(PROJECT, 'large.nix');
    const words = 'a package that is described at some length, as packages are, so that a megabyte is reached';
    const packages = Array.from({ length: 8000 }, (_, index) => `  package-${index} = { name = "package-${index}"; size = ${index}; text = "${words}"; };`);
    writeFileSync(path, ['rec {', ...packages, '}'].join('\n'));
    const file = await open('large.nix');
    put(file, new vscode.Position(4001, 0));
    await run('editor.action.insertLineBefore');
    await run('workbench.action.focusActiveEditorGroup');
    await hands({ type: 'last = package-7999.si' });
    await until('what is typed', () => file.document.lineAt(4001).text.endsWith('.si'));
    await run('editor.action.triggerSuggest');
    await look({ see: '.suggest-widget.visible .monaco-list-row', text: 'size' });
    await hands({ press: 'Tab' }, { type: ';' });
    await until('the text', () => file.document.lineAt(4001).text.trim() === 'last = package-7999.size;');
    await noDiagnostics(file);
    await file.editor.edit((edit) => edit.insert(new vscode.Position(4002, 0), '  wrong = package-99999;\n'));
    const wrong = await diagnostics(file, (one) => one.message.includes('package-99999'));
    const text = await hover(file, 'package-4005 ');
    await run('workbench.action.revertAndCloseActiveEditor');
    rmSync(path);
    return [...wrong, text];
  },
  async 'switch-branches'() {
    const folder = join(PROJECT, 'branches');
    mkdirSync(folder);
    const all = (name) => Array.from({ length: 200 }, (_, index) => writeFileSync(join(folder, `part-${index + 1}.nix`), `{ ${name} = ${index}; }\n`));
    git('init', '--quiet', '--initial-branch=main');
    all('old');
    git('add', '.');
    git('commit', '--quiet', '--message', 'one');
    git('checkout', '--quiet', '-b', 'other');
    all('new');
    git('commit', '--quiet', '--all', '--message', 'two');
    git('checkout', '--quiet', 'main');
    const file = await edited('scratch.nix', `[\n${[1, 100, 200].map((index) => `  (import ./branches/part-${index}.nix).old`).join('\n')}\n]`);
    await until('the values', async () => (await hover(file, '.old')) !== undefined && vscode.languages.getDiagnostics(file.uri).length === 0);
    const isMissing = (one) => (one.code?.value ?? one.code) === 'missing-attribute';
    git('checkout', '--quiet', 'other');
    await until('what is missing now', () => vscode.languages.getDiagnostics(file.uri).filter(isMissing).length >= 3);
    const missing = await diagnostics(file, isMissing);
    await look({ see: '.squiggly-error, .squiggly-warning' });
    git('checkout', '--quiet', 'main');
    await noDiagnostics(file);
    await run('workbench.action.revertAndCloseActiveEditor');
    rmSync(folder, { recursive: true });
    return missing;
  },
};
