// Build and Inspect: from a lens, from the palette, or from other extensions
// (`vscode.commands.executeCommand('nival.build', uri, attrPath)` returns the result).

import * as vscode from 'vscode';
import { ExecuteCommandRequest, ResponseError, WorkDoneProgress, type WorkDoneProgressReport } from 'vscode-languageclient/node';
import type { Inspection } from './inspection';
import type { Server } from './server';

export interface BuildResult {
  name: string;
  drvPath: string;
  outPaths: string[];
  outputs: Record<string, { path: string; realPath: string }>;
  alreadyBuilt: boolean;
}

/** What the server adds to the error of a command. */
interface Failure {
  kind?: string;
  rendered?: string;
}

let builds = 0;

function title(args: readonly unknown[]): string {
  const [uri, attrPath] = args;
  return typeof attrPath === 'string' && attrPath !== '' ? attrPath : String(uri).split('/').pop() ?? 'file';
}

/** Accepts URIs of the editor as well as of the protocol. */
function protocolArguments(args: readonly unknown[]): unknown[] {
  return args.map((arg) => (arg instanceof vscode.Uri ? arg.toString() : arg));
}

export async function runBuild(server: Server, args: readonly unknown[]): Promise<BuildResult | undefined> {
  const client = server.running;
  const token = `vscode-build-${++builds}`;
  server.log.begin(`building ${title(args)}`);
  server.log.reveal('build');
  try {
    const result = await vscode.window.withProgress(
      { location: vscode.ProgressLocation.Notification, title: `Building ${title(args)}`, cancellable: true },
      async (progress, cancellation) => {
        let reached = 0;
        const listener = client.onProgress(WorkDoneProgress.type, token, (value) => {
          if (value.kind !== 'report') {
            return;
          }
          const { message, percentage } = value as WorkDoneProgressReport;
          const increment = percentage === undefined ? undefined : percentage - reached;
          reached = percentage ?? reached;
          progress.report({ message, increment });
        });
        try {
          const params = { command: 'nival.build', arguments: protocolArguments(args), workDoneToken: token };
          return (await client.sendRequest(ExecuteCommandRequest.type, params, cancellation)) as BuildResult;
        } finally {
          listener.dispose();
        }
      },
    );
    server.log.append(result.outPaths);
    void offer(result, args);
    return result;
  } catch (error) {
    await report(server, title(args), error);
    return undefined;
  }
}

async function offer(result: BuildResult, args: readonly unknown[]): Promise<void> {
  const verb = result.alreadyBuilt ? 'Already built' : 'Built';
  const choice = await vscode.window.showInformationMessage(`${verb} ${result.outPaths.join(' ')}`, 'Copy Path', 'Inspect');
  if (choice === 'Copy Path') {
    await vscode.env.clipboard.writeText(result.outPaths.join('\n'));
  } else if (choice === 'Inspect') {
    await vscode.commands.executeCommand('nival.inspect', ...args);
  }
}

async function report(server: Server, what: string, error: unknown): Promise<void> {
  if (error instanceof vscode.CancellationError || (error instanceof ResponseError && error.code === -32800)) {
    server.log.append(['cancelled']);
    return;
  }
  const failure = error instanceof ResponseError ? (error.data as Failure | undefined) : undefined;
  const message = error instanceof Error ? error.message : String(error);
  server.log.append((failure?.rendered ?? message).trimEnd().split('\n'));
  server.log.reveal('failure');
  const action = failure?.kind === 'trust' ? 'Manage Workspace Trust' : 'Show Log';
  const choice = await vscode.window.showErrorMessage(`${what}: ${message.split('\n')[0]}`, action);
  if (choice === 'Show Log') {
    server.log.show();
  } else if (choice !== undefined) {
    await vscode.commands.executeCommand('workbench.trust.manage');
  }
}

export async function runInspect(server: Server, args: readonly unknown[]): Promise<Inspection | undefined> {
  try {
    const params = { command: 'nival.inspect', arguments: protocolArguments(args) };
    const inspection = (await server.running.sendRequest(ExecuteCommandRequest.type, params)) as Inspection;
    await server.inspections.show(inspection);
    return inspection;
  } catch (error) {
    await report(server, title(args), error);
    return undefined;
  }
}

export async function cancelAllBuilds(server: Server): Promise<void> {
  const params = { command: 'nival.cancelBuild', arguments: [] };
  const result = (await server.running.sendRequest(ExecuteCommandRequest.type, params)) as { cancelled: number };
  void vscode.window.showInformationMessage(`${result.cancelled} builds stopped`);
}

export const buildHere = (): Promise<void> => runHere('nival.build');
export const inspectHere = (): Promise<void> => runHere('nival.inspect');

/** Runs a command on the derivation of the cursor's line, or lets the user choose one of the file's. */
async function runHere(command: string): Promise<void> {
  const editor = vscode.window.activeTextEditor;
  if (editor === undefined) {
    return;
  }
  const lenses = await vscode.commands.executeCommand<vscode.CodeLens[]>('vscode.executeCodeLensProvider', editor.document.uri, 1000);
  const fitting = lenses.filter((lens) => lens.command?.command === command);
  const here = fitting.find((lens) => lens.range.start.line === editor.selection.active.line);
  const items = fitting.map((lens) => ({ label: String(lens.command?.arguments?.[1] ?? ''), lens }));
  const lens = here ?? (await vscode.window.showQuickPick(items, { placeHolder: 'Derivation' }))?.lens;
  if (lens?.command !== undefined) {
    await vscode.commands.executeCommand(command, ...(lens.command.arguments ?? []));
  }
}
