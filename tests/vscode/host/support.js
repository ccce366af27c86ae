// What the features have in common: inside VS Code's extension host, with hands and eyes in ../features.mjs.

const { existsSync, readFileSync, renameSync, rmSync, writeFileSync } = require('node:fs');
const { basename, join } = require('node:path');
const vscode = require('vscode');

const { PROJECT, PICTURES, WORK } = process.env;
const PATIENCE = Number(process.env.PATIENCE || 30_000);
const run = (command, ...args) => vscode.commands.executeCommand(command, ...args);

/** Waits for what a condition gives. */
async function until(what, condition) {
  for (const deadline = Date.now() + PATIENCE; ; await new Promise((resolve) => setTimeout(resolve, 20))) {
    const value = await condition();
    if (value) return value;
    if (Date.now() > deadline) throw new Error(`waited for ${what}`);
  }
}

/** Presses keys and looks: the text of what is seen last. */
async function ask(name, request) {
  const asked = join(PICTURES, name);
  writeFileSync(`${asked}.part`, JSON.stringify(request));
  renameSync(`${asked}.part`, asked);
  const answered = `${asked}.answer`;
  for (const deadline = Date.now() + PATIENCE * 2; !existsSync(answered); await new Promise((resolve) => setTimeout(resolve, 10))) {
    if (Date.now() > deadline) throw new Error(`nobody sees ${name}`);
  }
  const answer = JSON.parse(readFileSync(answered, 'utf8'));
  rmSync(answered);
  if (answer.error !== undefined) throw new Error(answer.error);
  return answer.text;
}

const state = { feature: 'start' };
/** The same, with a picture under the name of the feature. */
const look = (...steps) => ask(state.feature, { steps, shot: true });
/** The same without one. */
const hands = (...steps) => ask('hands', { steps });

/** Opens a file as it is on disk, or with what was not written yet. */
async function open(name, asIs = false) {
  const uri = name.startsWith('/') ? vscode.Uri.file(name) : vscode.Uri.file(join(PROJECT, name));
  const document = await vscode.workspace.openTextDocument(uri);
  const editor = await vscode.window.showTextDocument(document, { preview: false });
  if (document.isDirty && !asIs) {
    await run('workbench.action.files.revert');
    await until('the file as it is on disk', () => !document.isDirty);
  }
  return { document, editor, uri };
}

/** A file whose text is another until the feature ends; the cursor is where `|` stands. */
async function edited(name, text) {
  const file = await open(name);
  await replace(file, text);
  return file;
}

async function replace(file, text) {
  const offset = text.indexOf('|');
  const plain = offset < 0 ? text : text.slice(0, offset) + text.slice(offset + 1);
  const all = new vscode.Range(0, 0, file.document.lineCount, 0);
  await file.editor.edit((edit) => edit.replace(all, plain));
  if (offset >= 0) put(file, file.document.positionAt(offset));
}

function put(file, position, end = position) {
  file.editor.selection = new vscode.Selection(position, end);
  file.editor.revealRange(new vscode.Range(position, end), vscode.TextEditorRevealType.InCenterIfOutsideViewport);
}

/** The place of a text in a file, or `after` characters into it. */
function at(file, text, after = 0) {
  const offset = file.document.getText().indexOf(text);
  if (offset < 0) throw new Error(`no ${text} in ${file.uri.fsPath}`);
  return file.document.positionAt(offset + after);
}

/** A file, by its name or opened already, with the cursor at a text. */
async function cursor(name, text, after = 0) {
  const file = typeof name === 'string' ? await open(name) : name;
  file.position = at(file, text, after);
  put(file, file.position);
  return file;
}

const fileName = (uri) => basename(uri.fsPath);
const where = (uri, range) => `${fileName(uri)}:${range.start.line + 1}:${range.start.character + 1}`;
const place = (link) => (link.targetUri ? where(link.targetUri, link.targetSelectionRange ?? link.targetRange) : where(link.uri, link.range));
const lines = (file) => file.document.getText().split('\n');
const having = (file, text) => lines(file).filter((line) => line.includes(text));

/** Diagnostics of a file that fit, once there are some. */
const diagnostics = (file, fits = () => true) =>
  until(`diagnostics of ${fileName(file.uri)}`, () => {
    const all = vscode.languages.getDiagnostics(file.uri).filter(fits);
    return all.length > 0 && all.map((one) => `${one.range.start.line + 1}: ${one.code?.value ?? one.code}: ${one.message}`);
  });
const noDiagnostics = (file) => until('no diagnostics', () => vscode.languages.getDiagnostics(file.uri).length === 0);

/** Waits for the text of a file to change by something. */
async function changes(file, act) {
  const before = file.document.getText();
  await act();
  await until('a change', () => file.document.getText() !== before);
  return lines(file);
}

/** After a feature: nothing is open or changed. */
async function tidy() {
  for (const command of ['closeReferenceSearch', 'references-view.clear', 'hideSuggestWidget', 'closeParameterHints', 'workbench.action.closeQuickOpen', 'notifications.clearAll', 'workbench.action.closePanel']) {
    await run(command);
  }
  while (vscode.window.activeTextEditor !== undefined || vscode.window.tabGroups.all.some((group) => group.tabs.length > 0)) {
    await run('workbench.action.revertAndCloseActiveEditor');
    if (vscode.window.tabGroups.all.every((group) => group.tabs.length === 0)) break;
  }
}

module.exports = { PROJECT, WORK, ask, at, changes, cursor, diagnostics, edited, fileName, hands, having, lines, look, noDiagnostics, open, place, put, replace, run, state, tidy, until, vscode, where };
