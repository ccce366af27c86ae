// The entry point: starts the server and registers commands.

import * as vscode from 'vscode';
import { buildHere, cancelAllBuilds, inspectHere } from './commands';
import { openParent } from './parent';
import { InspectionProvider } from './inspection';
import { BuildLog } from './log';
import { Server } from './server';

export async function activate(context: vscode.ExtensionContext): Promise<void> {
  const log = new BuildLog();
  const inspections = new InspectionProvider();
  const server = new Server(log, inspections);
  const command = (name: string, run: (...args: never[]) => unknown) => vscode.commands.registerCommand(name, run);
  context.subscriptions.push(
    log,
    server,
    vscode.workspace.registerTextDocumentContentProvider(InspectionProvider.scheme, inspections),
    command('nival.buildHere', buildHere),
    command('nival.inspectHere', inspectHere),
    command('nival.cancelAllBuilds', () => cancelAllBuilds(server)),
    command('nival.showLog', () => log.show()),
    command('nival.restart', () => server.restart()),
    command('nival.stopIndexing', () => server.stopIndexing()),
    command('nival.repl', () => openRepl()),
    command('nival.openParent', () => openParent(server)),
    vscode.workspace.onDidGrantWorkspaceTrust(() => server.workspaceTrusted()),
    vscode.workspace.onDidChangeConfiguration((event) => {
      if (event.affectsConfiguration('nival.server')) {
        void server.restart();
      }
    }),
  );
  await server.start();
}

function openRepl(): void {
  const settings = vscode.workspace.getConfiguration('nival.server');
  const editor = vscode.window.activeTextEditor;
  const file = editor?.document.languageId === 'nix' && editor.document.uri.scheme === 'file' ? [editor.document.uri.fsPath] : [];
  const terminal = vscode.window.createTerminal({
    name: 'nixrepl',
    shellPath: settings.get<string>('path', 'nival'),
    shellArgs: ['repl', ...file],
    env: settings.get<Record<string, string>>('environment', {}),
  });
  terminal.show();
}
