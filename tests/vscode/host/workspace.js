// What happens around the text: builds, settings, other folders, other programs, the server's own end.

const { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } = require('node:fs');
const { dirname, join } = require('node:path');
const { PROJECT, ask, at, diagnostics, edited, hands, look, noDiagnostics, open, put, run, until, vscode, where } = require('./support');

const TOAST = '.notification-toast';

function nivals() {
  return readdirSync('/proc').filter((process) => {
    try {
      const [command, argument] = readFileSync(`/proc/${process}/cmdline`, 'utf8').split('\0');
      const parent = readFileSync(`/proc/${process}/stat`, 'utf8').replace(/.*\) /, '').split(' ')[1];
      return command.endsWith('nival') && argument === 'lsp' && Number(parent) === globalThis.process.pid;
    } catch {
      return false;
    }
  });
}

const addFolder = (path) => vscode.workspace.updateWorkspaceFolders(vscode.workspace.workspaceFolders.length, 0, { uri: vscode.Uri.file(path) });

/** A folder that takes a while to read is added to the workspace. */
const indexing = (name, files, run) => async () => {
  const folder = join(dirname(PROJECT), name);
  mkdirSync(folder);
  const text = ['rec {', ...Array.from({ length: 120 }, (_, index) => `  name-${index} = { pkgs, lib ? null }: pkgs.callPackage ./other-${index}.nix { inherit lib; };`), '}', ''].join('\n');
  for (let index = 1; index <= files; index += 1) writeFileSync(join(folder, `file-${index}.nix`), text);
  await open('default.nix');
  addFolder(folder);
  const seen = await run();
  vscode.workspace.updateWorkspaceFolders(vscode.workspace.workspaceFolders.length - 1, 1);
  return seen;
};

module.exports = {
  async 'code-lenses'() {
    const file = await open('build.nix');
    const lenses = await until('lenses', async () => {
      const list = await run('vscode.executeCodeLensProvider', file.uri, 10);
      return list.length > 0 && list;
    });
    await look({ see: '.codelens-decoration a', text: 'Build nail' });
    return lenses.map((lens) => `${lens.range.start.line + 1}: ${lens.command?.title}`);
  },
  async build() {
    await open('build.nix');
    await hands({ click: '.codelens-decoration a', text: 'Build nail' });
    const seen = await look({ see: `${TOAST} .notification-list-item-message`, text: 'uilt /' });
    return seen;
  },
  async inspect() {
    const file = await open('build.nix');
    put(file, at(file, 'nail ='));
    await run('nival.inspectHere');
    await look({ see: '.view-line', text: 'closure' });
    const editor = await until('the inspection', () => vscode.window.visibleTextEditors.find((editor) => editor.document.uri.scheme !== 'file'));
    return editor.document.getText().split('\n').filter((line) => !/^(size|hash)/.test(line.trim()));
  },
  async 'settings-at-run-time'() {
    const file = await open('scratch.nix');
    const [before] = await diagnostics(file, (one) => one.message.includes("'unused'"));
    const settings = vscode.workspace.getConfiguration('nival');
    await settings.update('diagnostics.severity', { 'sema-unused-def-let': 'error' }, vscode.ConfigurationTarget.Global);
    await diagnostics(file, (one) => one.severity === vscode.DiagnosticSeverity.Error);
    await look({ see: '.squiggly-error' });
    await settings.update('diagnostics.severity', undefined, vscode.ConfigurationTarget.Global);
    await settings.update('diagnostics.ignored', ['sema-unused-def-let'], vscode.ConfigurationTarget.Global);
    await noDiagnostics(file);
    await settings.update('diagnostics.ignored', undefined, vscode.ConfigurationTarget.Global);
    const [after] = await diagnostics(file);
    return [before, 'error', 'ignored', after];
  },
  async 'files-changed-outside'() {
    const file = await edited('scratch.nix', 'import ./later.nix');
    // Evaluation says the same, some time later.
    const isMissing = (one) => one.message.includes('./later.nix');
    const missing = await diagnostics(file, isMissing);
    writeFileSync(join(PROJECT, 'later.nix'), '{ now = 1; }\n');
    await noDiagnostics(file);
    rmSync(join(PROJECT, 'later.nix'));
    const again = await diagnostics(file, isMissing);
    await look({ see: '.squiggly-error' });
    return [...missing, '→', 'found', ...again];
  },
  async 'multi-root'() {
    const second = join(dirname(PROJECT), 'second');
    mkdirSync(second);
    writeFileSync(join(second, 'far.nix'), '{\n  distant = 1;\n}\n');
    await open('default.nix');
    addFolder(second);
    const symbols = await until('a name of the second folder', async () => {
      const list = await run('vscode.executeWorkspaceSymbolProvider', 'distant');
      return list?.length > 0 && list;
    });
    void run('workbench.action.quickOpen', '#distant');
    await look({ see: '.quick-input-list .monaco-list-row', text: 'distant' });
    return symbols.map((symbol) => `${symbol.name} ${where(symbol.location.uri, symbol.location.range)}`);
  },
  'indexing-progress': indexing('indexing-progress', 2000, async () => {
    // In the status bar, and in full where the user clicks.
    const seen = await look({ see: '.statusbar-item', text: 'Indexing' });
    await until('its end', async () => (await run('vscode.executeWorkspaceSymbolProvider', 'name-119'))?.length > 0);
    return seen.replace(/\d+/g, 'N');
  }),
  'indexing-cancelled': indexing('indexing-cancelled', 6000, async () => {
    const seen = await look({ see: '.statusbar-item', text: 'Indexing' });
    await run('nival.stopIndexing');
    await hands({ gone: '.statusbar-item:has-text("Indexing")' });
    const symbols = await run('vscode.executeWorkspaceSymbolProvider', 'name-119');
    return [seen.replace(/\d+/g, 'N'), `${symbols?.length ?? 0} names of it`];
  }),
  async introduction() {
    // The walkthrough: each step with what stands beside it.
    await run('workbench.action.openWalkthrough', 'nival.nival#start', false);
    const TITLES = '.gettingStartedContainer .step-title';
    const seen = [];
    for (const title of ['The server', 'Find your way', 'Write and mend', 'Trust the workspace', 'Build and try']) {
      await hands({ click: TITLES, text: title });
      seen.push(await look({ see: '.getting-started-step.expanded', text: title }));
      await ask(`introduction-${seen.length}`, { shot: true });
    }
    return seen;
  },
  async 'server-ends'() {
    const file = await open('scratch.nix');
    await diagnostics(file);
    const [first] = nivals();
    process.kill(Number(first), 'SIGKILL');
    await until('another server', () => nivals().some((other) => other !== first));
    const hovers = await until('its answer', async () => {
      const list = await run('vscode.executeHoverProvider', file.uri, at(file, 'greeting =')).then((list) => list, () => []);
      return list.length > 0 && list;
    });
    put(file, at(file, 'greeting =', 1));
    await run('editor.action.showHover');
    await look({ see: '.monaco-hover-content', text: 'hello' });
    return [...(await diagnostics(file, (one) => one.message.includes("'unused'"))), hovers.length === 1 ? 'one answer' : `${hovers.length} answers`];
  },
};
