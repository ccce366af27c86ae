// What the user changes with the server's help.

const { existsSync, readFileSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');
const { PROJECT, at, changes, cursor, diagnostics, edited, fileName, hands, having, lines, look, noDiagnostics, open, put, replace, run, until, vscode, where } = require('./support');

const editsOf = (edit) => edit.entries().flatMap(([uri, changes]) => changes.map((change) => `${where(uri, change.range)} -> ${change.newText}`));

/** Renames as the user does: F2, a name, Enter. */
async function rename(file, name) {
  await run('workbench.action.focusActiveEditorGroup');
  void run('editor.action.rename');
  await hands({ see: '.rename-box input:focus' }, { press: 'Control+A' }, { type: name });
}

/** What is offered for the selection, once this title is. */
const offered = (file, title, kind) =>
  until(`the action ${title}`, async () => {
    const list = await run('vscode.executeCodeActionProvider', file.uri, file.editor.selection, kind?.value, 30);
    return list.some((action) => action.title.includes(title)) && list;
  });

/** The menu with what is offered. The editor has none where its own question about a lamp overtakes this one; one asks again then. */
async function menu(title) {
  const rows = { see: '.action-widget .monaco-list-row', text: title };
  await run('workbench.action.focusActiveEditorGroup');
  void run('editor.action.quickFix');
  const first = hands({ ...rows, within: 8000 });
  await first.catch(() => void run('editor.action.quickFix'));
  await look(rows);
}

/** Runs the action of this title on the selection; the whole text after it. */
async function act(file, title, kind) {
  const actions = await offered(file, title, kind);
  await menu(title);
  await changes(file, () => hands({ choose: title }));
  return actions;
}

const action = (name, text, title, view, length) => async () => {
  const file = await cursor(name, text);
  if (length) put(file, file.position, file.document.positionAt(file.document.offsetAt(file.position) + length));
  await act(file, title);
  return view ? lines(file).slice(...view) : lines(file);
};

const unused = (diagnostic) => diagnostic.message.includes("'unused'");
const ragged = '{a,b}:\nlet x=1;\n  y   =   2;in\na+b*x+y';

module.exports = {
  async rename() {
    const file = await cursor('default.nix', 'packages = {');
    await rename(file, 'tools');
    await look({ see: '.rename-box' });
    await changes(file, () => hands({ press: 'Enter' }));
    return having(file, 'tools');
  },
  async 'rename-files'() {
    const other = await open('default.nix');
    const file = await cursor('lib.nix', 'heavier =');
    await rename(file, 'weightier');
    await changes(file, () => hands({ press: 'Enter' }));
    await until('the other file', () => having(other, 'weightier').length > 0);
    await look();
    const seen = [...having(file, 'weightier'), ...having(other, 'weightier')];
    await open('default.nix');
    await run('workbench.action.files.revert');
    return seen;
  },
  async 'rename-refused'() {
    const file = await cursor('scratch.nix', 'greeting =');
    await rename(file, 'tools');
    await hands({ press: 'Enter' });
    const said = await look({ see: '.monaco-editor-overlaymessage, .notification-toast', text: 'tools' });
    return [said, lines(file)[3]];
  },
  async 'rename-not-offered'() {
    await cursor('scratch.nix', 'let');
    void run('editor.action.rename');
    return look({ see: '.monaco-editor-overlaymessage, .notification-toast', text: 'rename' });
  },
  async 'linked-editing'() {
    // Only here: the editor repeats whatever is done to a name, also by a refactoring.
    const editor = vscode.workspace.getConfiguration('editor');
    await editor.update('linkedEditing', true, vscode.ConfigurationTarget.Global);
    const file = await edited('scratch.nix', 'let\n  size| = 3;\nin\nsize * size');
    await run('workbench.action.focusActiveEditorGroup');
    await hands({ see: '.linked-editing-decoration' }, { type: 'ss' });
    await until('the uses to follow', () => lines(file)[3] === 'sizess * sizess');
    await look();
    await editor.update('linkedEditing', undefined, vscode.ConfigurationTarget.Global);
    return lines(file);
  },
  async 'file-rename'() {
    const other = await open('default.nix');
    const edit = new vscode.WorkspaceEdit();
    const [from, to] = ['lib.nix', 'nixos/library.nix'].map((name) => vscode.Uri.file(join(PROJECT, name)));
    edit.renameFile(from, to);
    await changes(other, () => vscode.workspace.applyEdit(edit));
    await look();
    const seen = having(other, 'library');
    const back = new vscode.WorkspaceEdit();
    back.renameFile(to, from);
    await changes(other, () => vscode.workspace.applyEdit(back));
    await run('workbench.action.files.saveAll');
    return [...seen, ...having(other, 'import')];
  },
  async 'file-delete'() {
    // A module that a list of another file has.
    const spare = vscode.Uri.file(join(PROJECT, 'nixos/spare.nix'));
    writeFileSync(spare.fsPath, '{ ... }: { }\n');
    const file = await open('nixos/configuration.nix');
    const before = file.document.getText();
    await replace(file, before.replace('./greeter.nix', './greeter.nix ./spare.nix'));
    await file.document.save();
    await noDiagnostics(file);
    const edit = new vscode.WorkspaceEdit();
    edit.deleteFile(spare);
    await changes(file, () => vscode.workspace.applyEdit(edit));
    await noDiagnostics(file);
    await look();
    const seen = [existsSync(spare.fsPath) ? 'there' : 'deleted', ...having(file, 'imports')];
    await replace(file, before);
    await file.document.save();
    return seen;
  },
  async 'quick-fix'() {
    const file = await open('scratch.nix');
    await diagnostics(file, unused);
    put(file, at(file, 'unused', 1));
    const actions = await act(file, 'Remove');
    return [...actions.map((action) => `${action.kind?.value}: ${action.title}`), ...lines(file)];
  },
  async 'fix-all-on-save'() {
    const editor = vscode.workspace.getConfiguration('editor');
    await editor.update('codeActionsOnSave', { 'source.fixAll.nival': 'explicit' }, vscode.ConfigurationTarget.Global);
    const file = await open('scratch.nix');
    const before = file.document.getText();
    await diagnostics(file, unused);
    await file.editor.edit((edit) => edit.insert(new vscode.Position(0, 0), '# Saved.\n'));
    await file.document.save();
    await look();
    const seen = [...lines(file), ...readFileSync(file.uri.fsPath, 'utf8').split('\n').slice(0, 1)];
    await editor.update('codeActionsOnSave', undefined, vscode.ConfigurationTarget.Global);
    await file.editor.edit((edit) => edit.replace(new vscode.Range(0, 0, file.document.lineCount, 0), before));
    await file.document.save();
    return seen;
  },
  'extract-let': action('refactor.nix', 'width * 2', 'Extract to `let`', [2, 10], 'width * 2'.length),
  async 'extract-function'() {
    const file = await edited('scratch.nix', 'let\n  base = 3;\nin\nmap (x: base + x * x) [ 1 2 ]');
    put(file, at(file, 'base +'), at(file, ') ['));
    await act(file, 'function');
    return lines(file);
  },
  async 'extract-file'() {
    const file = await open('refactor.nix');
    put(file, at(file, 'inner = {', 8), at(file, '"red";\n  }', 10));
    await act(file, './inner.nix');
    await until('the new file', () => existsSync(join(PROJECT, 'inner.nix')));
    const made = await open('inner.nix', true);
    await until('its text', () => made.document.getText().includes('red'));
    const seen = [...having(file, 'import'), 'inner.nix:', ...lines(made)];
    await run('workbench.action.revertAndCloseActiveEditor');
    await vscode.workspace.fs.delete(made.uri);
    return seen;
  },
  inline: action('refactor.nix', 'width *', 'by its value', [2, 8]),
  'with-to-inherit': action('refactor.nix', 'with lib', 'inherit', [7, 14]),
  flatten: action('refactor.nix', 'inner', 'latten', [12, 15]),
  'inline-file': action('default.nix', 'import ./lib.nix', 'by what `lib.nix` holds', [2, 9]),
  async 'add-formal-and-pass'() {
    // The file that calls it passes what is missing.
    const file = await edited('pkgs/hammer.nix', '{ mkTool }:\n\nmkTool {\n  name = heaviest.name;\n  weight = 3;\n}');
    await diagnostics(file, (one) => one.message.includes("'heaviest'"));
    put(file, at(file, 'heaviest', 1));
    await act(file, 'and pass it');
    const caller = await open('default.nix', true);
    const seen = [...lines(file), 'default.nix:', ...having(caller, 'hammer.nix')];
    await run('workbench.action.files.revert');
    return seen;
  },
  async 'create-file'() {
    const file = await edited('nixos/configuration.nix', '{ ... }:\n{\n  imports = [ ./made.nix ];\n}');
    await diagnostics(file);
    put(file, at(file, 'made', 1));
    await offered(file, 'Create');
    await menu('Create');
    await hands({ choose: 'Create' });
    await until('the new file', () => existsSync(join(PROJECT, 'nixos/made.nix')));
    const made = await open('nixos/made.nix', true);
    await until('its text', () => made.document.getText() !== '');
    const seen = lines(made);
    await run('workbench.action.revertAndCloseActiveEditor');
    await vscode.workspace.fs.delete(made.uri);
    return seen;
  },
  async sort() {
    const file = await edited('scratch.nix', '|{\n  nail = 1;\n  # Heavy.\n  anvil = 2;\n}');
    await act(file, 'Sort');
    return lines(file);
  },
  async 'open-page'() {
    const file = await cursor('scratch.nix', 'map (', 1);
    const title = 'Open the documentation';
    const action = (await offered(file, title)).find((action) => action.title.includes(title));
    await menu(title);
    // It is not taken: the editor asks before it leaves for the web, and shows no dialogs in tests.
    await hands({ press: 'Escape' });
    return [action.title, `${action.command.command} ${action.command.arguments}`];
  },
  async nest() {
    const file = await edited('scratch.nix', '{\n  |box.size = 3;\n}');
    await act(file, 'est');
    return lines(file);
  },
  async format() {
    const file = await edited('scratch.nix', ragged);
    await changes(file, () => run('editor.action.formatDocument'));
    await look();
    return lines(file);
  },
  async 'format-range'() {
    const file = await edited('scratch.nix', '{\n  a=1;\n  y   =   2;\n  z=3;\n}');
    put(file, new vscode.Position(2, 0), new vscode.Position(2, 11));
    await changes(file, () => run('editor.action.formatSelection'));
    await look();
    return lines(file);
  },
  async 'format-on-type'() {
    const editor = vscode.workspace.getConfiguration('editor');
    await editor.update('formatOnType', true, vscode.ConfigurationTarget.Global);
    const file = await edited('scratch.nix', '{\n  a = {\n    b = 1;\n        |\n}');
    await run('workbench.action.focusActiveEditorGroup');
    await hands({ type: '}' });
    await until('it moves', () => lines(file)[3] !== '        }' && lines(file)[3].includes('}'));
    await look();
    await editor.update('formatOnType', undefined, vscode.ConfigurationTarget.Global);
    return lines(file);
  },
  async 'format-on-save'() {
    const editor = vscode.workspace.getConfiguration('editor');
    await editor.update('formatOnSave', true, vscode.ConfigurationTarget.Global);
    const file = await open('refactor.nix');
    const before = file.document.getText();
    await file.editor.edit((edit) => edit.replace(new vscode.Range(0, 0, file.document.lineCount, 0), '{ lib }:\n[lib    lib]'));
    await file.document.save();
    await look();
    const seen = readFileSync(file.uri.fsPath, 'utf8').split('\n');
    await editor.update('formatOnSave', undefined, vscode.ConfigurationTarget.Global);
    await file.editor.edit((edit) => edit.replace(new vscode.Range(0, 0, file.document.lineCount, 0), before));
    await file.document.save();
    return seen;
  },
  async pragma() {
    const file = await open('scratch.nix');
    await diagnostics(file, unused);
    await file.editor.edit((edit) => edit.insert(new vscode.Position(2, 0), '  # nival: ignore[sema-unused-def-let] for later\n'));
    await noDiagnostics(file);
    await look();
    return having(file, 'unused');
  },
};
