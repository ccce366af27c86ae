// What the user asks for and sees.

const { join } = require('node:path');
const { PROJECT, at, cursor, diagnostics, edited, fileName, look, hands, open, place, put, run, until, vscode, where } = require('./support');

const unused = (diagnostic) => diagnostic.message.includes("'unused'");
const ROW = '.suggest-widget.visible .monaco-list-row';

/** Types; what the menu then offers, and the text after one is accepted. */
const complete = (name, text, typed, word) => async () => {
  const file = await edited(name, text);
  await run('workbench.action.focusActiveEditorGroup');
  await hands({ type: typed });
  await run('editor.action.triggerSuggest');
  await look({ see: ROW, text: word });
  const before = file.document.getText();
  const row = `${ROW}[aria-label^="${word}"]`;
  await hands({ see: row }, { click: row });
  await until('the text', () => file.document.getText() !== before);
  return [word, '→', ...file.document.getText().split('\n')];
};

const hover = (name, text, after, expected) => async () => {
  await cursor(name, text, after);
  await run('editor.action.showHover');
  return look({ see: '.monaco-hover-content', text: expected });
};

/** Goes somewhere by a command of the editor. */
const go = (command, name, text, after) => async () => {
  const file = await cursor(name, text, after);
  await run(command);
  const there = await until('another place', () => {
    const editor = vscode.window.activeTextEditor;
    const moved = editor && (editor.document.uri.fsPath !== file.uri.fsPath || !editor.selection.active.isEqual(file.position));
    return moved && editor;
  });
  await look();
  const line = there.selection.active.line;
  return `${fileName(there.document.uri)}:${line + 1}: ${there.document.lineAt(line).text.trim()}`;
};

const calls = (direction, name, text, after) => async () => {
  const file = await cursor(name, text, after);
  const [item] = await run('vscode.prepareCallHierarchy', file.uri, file.position);
  const found = await run(`vscode.provide${direction}Calls`, item);
  await run('references-view.showCallHierarchy');
  await hands({ see: '.sidebar .monaco-list-row', text: item.name });
  if (direction === 'Outgoing') await run('references-view.showOutgoingCalls');
  await look({ see: '.sidebar .monaco-list-row', text: (found[0].from ?? found[0].to).name });
  await run('workbench.action.closeSidebar');
  return found.map((call) => `${(call.from ?? call.to).name}: ${call.fromRanges.map((range) => where(call.from?.uri ?? file.uri, range)).join(' ')}`);
};

module.exports = {
  'completion-names': complete('scratch.nix', 'let greeting = 1; greedy = 2; in |', 'gre', 'greeting'),
  'completion-attributes': complete('scratch.nix', 'let tools = import ./. { }; in |', 'tools.ha', 'hammer'),
  'completion-options': complete('nixos/configuration.nix', '{ ... }: {\n  imports = [ ./greeter.nix ];\n  |\n}', 'services.greeter.', 'volume'),
  'completion-option-values': complete('nixos/configuration.nix', '{ ... }: {\n  imports = [ ./greeter.nix ];\n  services.greeter.volume = |;\n}', '"', 'high'),
  'completion-arguments': complete('scratch.nix', 'import ./pkgs/bench.nix { | }', 'w', 'weight'),
  'completion-inherit': complete('scratch.nix', 'let tools = import ./. { }; in { inherit (tools) | ; }', 'ben', 'bench'),
  'completion-paths': complete('scratch.nix', '[ | ]', './pkgs/', 'hammer.nix'),
  'completion-flake': complete('flake/flake.nix', '{\n  inputs.nixpkgs.|\n  outputs = { self, nixpkgs }: { };\n}', 'ur', 'url'),
  'completion-keywords': complete('scratch.nix', '|', 'asser', 'assert'),
  async 'completion-documentation'() {
    await edited('scratch.nix', 'let tools = 1; in |');
    await run('workbench.action.focusActiveEditorGroup');
    await hands({ type: 'builtins.elemA' });
    await run('editor.action.triggerSuggest');
    await hands({ see: ROW, text: 'elemAt' });
    await run('toggleSuggestionDetails');
    const seen = await look({ see: '.suggest-details-container .suggest-details', text: 'element' });
    await run('toggleSuggestionDetails');
    return seen;
  },
  hover: hover('default.nix', 'hammer = callPackage', 1, 'derivation'),
  'hover-documentation': hover('default.nix', 'lib.length', 5, 'number of elements'),
  'hover-option': hover('nixos/configuration.nix', 'greeter.enable', 9, 'Whether to enable'),
  async 'signature-help'() {
    await cursor('default.nix', 'packages.hammer packages', 'packages.hammer '.length);
    await run('editor.action.triggerParameterHints');
    return look({ see: '.parameter-hints-widget.visible', text: 'heavier' });
  },
  async diagnostics() {
    const file = await open('scratch.nix');
    const found = await diagnostics(file, unused);
    await run('workbench.actions.view.problems');
    const panel = await look({ see: '.markers-panel .monaco-list-rows', text: 'unused' });
    return [...found, ...panel.split('\n').filter((line) => line.includes('unused'))];
  },
  async 'diagnostics-across-files'() {
    const file = await edited('scratch.nix', 'let\n  tools = import ./. { };\nin\n[ tools.hamer (import ./pkgs/hammer.nix { }) ]');
    const found = await until('both', async () => {
      const all = await diagnostics(file);
      return all.length > 1 && all;
    });
    await look({ see: '.squiggly-warning' });
    return found;
  },
  async 'diagnostics-evaluated'() {
    const file = await edited('scratch.nix', '{\n  weight = builtins.div 3 (1 - 1);\n}');
    const isEvaluated = (one) => one.code === 'evaluation' || one.code?.value === 'evaluation';
    const found = await diagnostics(file, isEvaluated);
    put(file, vscode.languages.getDiagnostics(file.uri).find(isEvaluated).range.start);
    await run('editor.action.showHover');
    await look({ see: '.monaco-hover-content', text: 'zero' });
    return found;
  },
  async 'diagnostics-related'() {
    const file = await open('twice.nix');
    await diagnostics(file);
    const [first] = vscode.languages.getDiagnostics(file.uri);
    put(file, first.range.start);
    await run('editor.action.showHover');
    const shown = await look({ see: '.monaco-hover-content', text: 'defined here before' });
    return [...shown.split('\n').filter((line) => line.includes('defined')), ...first.relatedInformation.map((info) => `${where(info.location.uri, info.location.range)} ${info.message}`)];
  },
  async 'diagnostics-page'() {
    const file = await open('scratch.nix');
    await diagnostics(file, unused);
    put(file, at(file, 'unused', 1));
    await run('editor.action.showHover');
    await look({ see: '.monaco-hover-content a', text: 'sema-unused-def-let' });
    return fileName(vscode.languages.getDiagnostics(file.uri).find(unused).code.target);
  },
  async 'workspace-diagnostics'() {
    // Of a file that nobody has open.
    await open('scratch.nix');
    const other = vscode.Uri.file(join(PROJECT, 'twice.nix'));
    const found = await diagnostics({ uri: other });
    await run('workbench.actions.view.problems');
    await look({ see: '.markers-panel .monaco-list-rows', text: 'twice.nix' });
    return found.map((one) => `twice.nix:${one}`);
  },
  async 'semantic-tokens'() {
    const file = await open('scratch.nix');
    const legend = await run('vscode.provideDocumentSemanticTokensLegend', file.uri);
    const { data } = await run('vscode.provideDocumentSemanticTokens', file.uri);
    const shown = [];
    for (let index = 0, row = 0, column = 0; index < data.length; index += 5) {
      [row, column] = [row + data[index], data[index] === 0 ? column + data[index + 1] : data[index + 1]];
      const text = file.document.getText(new vscode.Range(row, column, row, column + data[index + 2]));
      const modifiers = legend.tokenModifiers.filter((_, bit) => data[index + 4] & (1 << bit));
      shown.push([text, legend.tokenTypes[data[index + 3]], ...modifiers].join(' '));
    }
    await look({ see: '.view-line', text: 'greeting' });
    return shown;
  },
  async 'inlay-hints'() {
    const { document, uri } = await open('default.nix');
    const hints = await run('vscode.executeInlayHintProvider', uri, new vscode.Range(0, 0, document.lineCount, 0));
    const seen = await look({ see: '.view-line:has(span[class*="dyn-rule"])', text: 'packages' });
    return [...hints.map((hint) => `${hint.position.line + 1}: ${typeof hint.label === 'string' ? hint.label : hint.label.map((part) => part.value).join('')}`), seen];
  },
  async 'inlay-hints-parameters'() {
    const settings = vscode.workspace.getConfiguration('nival');
    await settings.update('inlayHints.parameterNames', true, vscode.ConfigurationTarget.Global);
    const { document, uri } = await edited('scratch.nix', 'let\n  scale = factor: size: factor * size;\nin\nscale 2 3');
    const hints = await until('hints', async () => {
      const list = await run('vscode.executeInlayHintProvider', uri, new vscode.Range(0, 0, document.lineCount, 0));
      return list.length > 0 && list;
    });
    await look({ see: '.view-line', text: 'factor:' });
    await settings.update('inlayHints.parameterNames', undefined, vscode.ConfigurationTarget.Global);
    return hints.map((hint) => (typeof hint.label === 'string' ? hint.label : hint.label.map((part) => part.value).join('')));
  },
  async 'document-highlight'() {
    const file = await cursor('default.nix', 'heaviest =', 1);
    const found = await run('vscode.executeDocumentHighlights', file.uri, file.position);
    await look({ see: '.wordHighlightStrong, .wordHighlight' });
    return found.map((highlight) => `${where(file.uri, highlight.range)} ${vscode.DocumentHighlightKind[highlight.kind]}`);
  },
  async folding() {
    const file = await open('default.nix');
    const ranges = await run('vscode.executeFoldingRangeProvider', file.uri);
    await run('editor.foldAll');
    await look({ see: '.codicon-folding-collapsed' });
    await run('editor.unfoldAll');
    return ranges.map((range) => `${range.start + 1}-${range.end + 1}`);
  },
  async 'selection-ranges'() {
    const file = await cursor('scratch.nix', 'tools.hammer tools', 7);
    const seen = [];
    for (let count = 0; count < 3; count += 1) {
      const before = file.document.getText(file.editor.selection);
      await run('editor.action.smartSelect.expand');
      seen.push(await until('a larger selection', () => {
        const now = file.document.getText(file.editor.selection);
        return now !== before && now;
      }));
    }
    await look({ see: '.selected-text' });
    return seen;
  },
  async 'document-links'() {
    const flake = await open('flake/flake.nix');
    const links = await run('vscode.executeLinkProvider', flake.uri, 10);
    const main = await open('default.nix');
    const paths = await run('vscode.executeLinkProvider', main.uri, 10);
    await look({ see: '.detected-link' });
    return [...links.map((link) => link.target.toString()), ...paths.map((link) => `${main.document.getText(link.range)} → ${link.target && fileName(link.target)}`)];
  },
  definition: go('editor.action.revealDefinition', 'default.nix', 'lib.heavier', 5),
  'definition-import': go('editor.action.revealDefinition', 'default.nix', './lib.nix', 3),
  declaration: go('editor.action.revealDeclaration', 'default.nix', 'inherit heaviest', 12),
  'type-definition': go('editor.action.goToTypeDefinition', 'default.nix', 'packages.hammer', 10),
  implementation: go('editor.action.goToImplementation', 'default.nix', 'lib.heavier', 5),
  async references() {
    const file = await cursor('default.nix', 'packages = {');
    const found = await run('vscode.executeReferenceProvider', file.uri, file.position);
    await run('editor.action.referenceSearch.trigger');
    await look({ see: '.reference-zone-widget .ref-tree .monaco-list-row' });
    return found.map(place);
  },
  async 'document-symbols'() {
    const { uri } = await open('default.nix');
    const show = (symbols, depth) => symbols.flatMap((symbol) => [`${'  '.repeat(depth)}${symbol.name} ${vscode.SymbolKind[symbol.kind]}`, ...show(symbol.children, depth + 1)]);
    const outline = show(await run('vscode.executeDocumentSymbolProvider', uri), 0);
    await run('workbench.action.gotoSymbol');
    await look({ see: '.quick-input-list .monaco-list-row', text: 'packages' });
    return outline;
  },
  async 'workspace-symbols'() {
    await open('scratch.nix');
    const symbols = await until('the index', async () => {
      const list = await run('vscode.executeWorkspaceSymbolProvider', 'heav');
      return list?.length > 1 && list;
    });
    void run('workbench.action.quickOpen', '#heav');
    await look({ see: '.quick-input-list .monaco-list-row', text: 'heaviest' });
    return symbols.map((symbol) => `${symbol.name} ${where(symbol.location.uri, symbol.location.range)}`);
  },
  'incoming-calls': calls('Incoming', 'lib.nix', 'heavier = first'),
  async 'outgoing-calls'() {
    const file = await edited('scratch.nix', 'let\n  twice = x: half x + half x;\n  half = x: x / 2;\nin\ntwice 3');
    return calls('Outgoing', file, 'twice')();
  },
  'parent-module': go('nival.openParent', 'pkgs/hammer.nix', 'mkTool {'),
};
