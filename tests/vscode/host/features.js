// Inside VS Code's extension host: asks the editor for what the language server provides, as its own commands do, and opens what
// a user would see for pictures of it. What it finds goes to $WORK/found.json.

const { existsSync, writeFileSync } = require('node:fs');
const { basename, join } = require('node:path');
const vscode = require('vscode');

const { PROJECT, PICTURES, WORK } = process.env;
const found = {};

const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

async function until(what, condition) {
  for (const deadline = Date.now() + 60_000; ; await sleep(50)) {
    const value = await condition();
    if (value) return value;
    if (Date.now() > deadline) throw new Error(`waited for ${what}`);
  }
}

async function picture(name) {
  const request = join(PICTURES, name);
  writeFileSync(request, '');
  await until('a picture', () => !existsSync(request));
}

async function open(name) {
  const document = await vscode.workspace.openTextDocument(vscode.Uri.file(join(PROJECT, name)));
  const editor = await vscode.window.showTextDocument(document);
  return { document, editor, uri: document.uri, text: document.getText() };
}

// The place of a text in a file, or `after` characters into it.
function at(file, text, after = 0) {
  const offset = file.text.indexOf(text);
  if (offset < 0) throw new Error(`no ${text} in ${file.uri.fsPath}`);
  return file.document.positionAt(offset + after);
}

const run = (command, ...args) => vscode.commands.executeCommand(command, ...args);
const name = (uri) => basename(uri.fsPath);
const line = (uri, range) => `${name(uri)}:${range.start.line + 1}:${range.start.character + 1}`;
const place = (link) => (link.targetUri ? line(link.targetUri, link.targetSelectionRange ?? link.targetRange) : line(link.uri, link.range));
const label = (item) => (typeof item.label === 'string' ? item.label : item.label.label);
const markdown = (contents) => contents.map((part) => (typeof part === 'string' ? part : part.value)).join('\n');
const edits = (edit) =>
  edit.entries().flatMap(([uri, changes]) => changes.map((change) => `${line(uri, change.range)} -> ${change.newText}`));

async function select(file, position) {
  file.editor = await vscode.window.showTextDocument(file.document);
  file.editor.selection = new vscode.Selection(position, position);
  file.editor.revealRange(new vscode.Range(position, position));
}

// Opens the editor's own view of a feature, for its picture.
async function show(file, position, command, title) {
  await select(file, position);
  await run('workbench.action.focusActiveEditorGroup');
  // Some end only when the user has answered.
  run(command);
  await sleep(900);
  await picture(title);
  await run('closeReferenceSearch');
  run('cancelRenameInput');
  await run('hideSuggestWidget');
  run('hideCodeActionWidget');
  await run('closeParameterHints');
  await run('workbench.action.closeQuickOpen');
  await sleep(100);
}

const features = {
  async diagnostics(files) {
    const { uri } = files.scratch;
    const all = await until('diagnostics', () => {
      const list = vscode.languages.getDiagnostics(uri);
      return list.length > 0 && list;
    });
    await show(files.scratch, at(files.scratch, 'unused'), 'workbench.actions.view.problems', 'problems');
    await run('workbench.action.closePanel');
    return all.map((diagnostic) => `${diagnostic.code?.value ?? diagnostic.code}: ${diagnostic.message}`);
  },
  async hover(files) {
    const hovers = await run('vscode.executeHoverProvider', files.main.uri, at(files.main, 'hammer = callPackage'));
    await show(files.main, at(files.main, 'hammer = callPackage', 1), 'editor.action.showHover', 'features-hover');
    return hovers.map((hover) => markdown(hover.contents)).join('\n').replace(/\/[^ ]*\/store\/[a-z0-9]{32}/g, '/nix/store/…');
  },
  async completion(files) {
    const position = at(files.scratch, 'tools.hammer tools', 'tools.'.length);
    const list = await run('vscode.executeCompletionItemProvider', files.scratch.uri, position, '.');
    await show(files.scratch, position, 'editor.action.triggerSuggest', 'completion');
    return list.items.filter((item) => item.kind !== vscode.CompletionItemKind.Text).map(label);
  },
  async definition(files) {
    const found = await run('vscode.executeDefinitionProvider', files.main.uri, at(files.main, 'lib.heavier', 5));
    return found.map(place);
  },
  async references(files) {
    const position = at(files.main, 'packages = {');
    const found = await run('vscode.executeReferenceProvider', files.main.uri, position);
    await show(files.main, position, 'editor.action.referenceSearch.trigger', 'references');
    return found.map(place);
  },
  async highlight(files) {
    const found = await run('vscode.executeDocumentHighlights', files.main.uri, at(files.main, 'heaviest ='));
    return found.map((highlight) => `${line(files.main.uri, highlight.range)} ${vscode.DocumentHighlightKind[highlight.kind]}`);
  },
  async rename(files) {
    const position = at(files.main, 'packages = {');
    const edit = await run('vscode.executeDocumentRenameProvider', files.main.uri, position, 'tools');
    await show(files.main, position, 'editor.action.rename', 'rename');
    return edits(edit);
  },
  async codeActions(files) {
    const position = at(files.scratch, 'unused', 1);
    const actions = await run('vscode.executeCodeActionProvider', files.scratch.uri, new vscode.Range(position, position));
    await show(files.scratch, position, 'editor.action.quickFix', 'code-actions');
    return actions.map((action) => `${action.kind?.value}: ${action.title}`);
  },
  async symbols(files) {
    const show = (symbols, depth) => symbols.flatMap((symbol) => [`${'  '.repeat(depth)}${symbol.name} ${vscode.SymbolKind[symbol.kind]}`, ...show(symbol.children, depth + 1)]);
    return show(await run('vscode.executeDocumentSymbolProvider', files.main.uri), 0);
  },
  async folding(files) {
    const ranges = await run('vscode.executeFoldingRangeProvider', files.main.uri);
    return ranges.map((range) => `${range.start + 1}-${range.end + 1}`);
  },
  async selection(files) {
    const [first] = await run('vscode.executeSelectionRangeProvider', files.scratch.uri, [at(files.scratch, 'tools.hammer tools', 7)]);
    const texts = [];
    for (let range = first; range; range = range.parent) texts.push(files.scratch.document.getText(range.range).split('\n')[0]);
    return texts;
  },
  async signature(files) {
    const position = at(files.main, 'packages.hammer packages', 'packages.hammer '.length);
    const help = await run('vscode.executeSignatureHelpProvider', files.main.uri, position, ' ');
    await show(files.main, position, 'editor.action.triggerParameterHints', 'signature');
    return (help?.signatures ?? []).flatMap((signature) => [signature.label, ...signature.parameters.map((parameter) => `  ${typeof parameter.label === 'string' ? parameter.label : signature.label.slice(...parameter.label)}`)]);
  },
  async format() {
    const file = join(PROJECT, 'unformatted.nix');
    writeFileSync(file, '{a,b}:\nlet x=1;in\na+b*x\n');
    const { uri } = await open('unformatted.nix');
    const changes = await run('vscode.executeFormatDocumentProvider', uri, { tabSize: 2, insertSpaces: true });
    return (changes ?? []).map((change) => `${line(uri, change.range)} -> ${JSON.stringify(change.newText)}`);
  },
  async inlay(files) {
    const { document, uri } = files.main;
    const hints = await run('vscode.executeInlayHintProvider', uri, new vscode.Range(0, 0, document.lineCount, 0));
    return hints.map((hint) => `${hint.position.line + 1}: ${typeof hint.label === 'string' ? hint.label : hint.label.map((part) => part.value).join('')}`);
  },
  async workspaceSymbols() {
    const symbols = await until('the index', async () => {
      const list = await run('vscode.executeWorkspaceSymbolProvider', 'heav');
      return list?.length > 0 && list;
    });
    return symbols.map((symbol) => `${symbol.name} ${line(symbol.location.uri, symbol.location.range)}`);
  },
  async declaration(files) {
    const position = at(files.main, 'lib.heavier', 5);
    const answers = [];
    for (const kind of ['Declaration', 'TypeDefinition', 'Implementation']) {
      const links = await run(`vscode.execute${kind}Provider`, files.main.uri, position);
      answers.push(`${kind}: ${(links ?? []).map(place).join(' ')}`);
    }
    return answers;
  },
  async tokens(files) {
    const legend = await run('vscode.provideDocumentSemanticTokensLegend', files.scratch.uri);
    const { data } = await run('vscode.provideDocumentSemanticTokens', files.scratch.uri);
    const shown = [];
    for (let index = 0, row = 0, column = 0; index < data.length; index += 5) {
      [row, column] = [row + data[index], data[index] === 0 ? column + data[index + 1] : data[index + 1]];
      const text = files.scratch.document.getText(new vscode.Range(row, column, row, column + data[index + 2]));
      const modifiers = legend.tokenModifiers.filter((_, bit) => data[index + 4] & (1 << bit));
      shown.push([text, legend.tokenTypes[data[index + 3]], ...modifiers].join(' '));
    }
    return shown;
  },
};

exports.run = async () => {
  try {
    const files = { main: await open('default.nix'), scratch: await open('scratch.nix') };
    await until('the server', async () => (await run('vscode.executeDocumentSymbolProvider', files.main.uri))?.length > 0);
    for (const [title, feature] of Object.entries(features)) {
      found.failed = `${title} does not end`;
      writeFileSync(join(WORK, 'found.json'), JSON.stringify(found));
      try {
        found[title] = await feature(files);
      } catch (error) {
        throw new Error(`${title}: ${error.stack ?? error}`);
      }
    }
    delete found.failed;
  } catch (error) {
    found.failed = String(error?.stack ?? error);
  }
  writeFileSync(join(WORK, 'found.json'), JSON.stringify(found));
};
