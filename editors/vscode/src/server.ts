// The language client: how the server is started, what it is told, what it sends.

import * as vscode from 'vscode';
import { LanguageClient, RevealOutputChannelOn, WorkDoneProgressCancelNotification } from 'vscode-languageclient/node';
import { runBuild, runInspect } from './commands';
import type { InspectionProvider } from './inspection';
import type { BuildLog } from './log';

interface BuildLogParams {
  token: string;
  drvPath: string;
  lines: string[];
}

/** Settings that only the client reads. */
const CLIENT_SETTINGS = ['server', 'showLog', 'trace'];

export class Server implements vscode.Disposable {
  private client: LanguageClient | undefined;

  constructor(
    readonly log: BuildLog,
    readonly inspections: InspectionProvider,
  ) {}

  async start(): Promise<void> {
    const settings = vscode.workspace.getConfiguration('nival.server');
    const command = settings.get<string>('path', 'nival');
    const environment = settings.get<Record<string, string>>('environment', {});
    const client = new LanguageClient(
      'nival',
      'nival',
      { command, args: ['lsp'], options: { env: { ...process.env, ...environment } } },
      {
        documentSelector: [{ scheme: 'file', language: 'nix' }],
        initializationOptions: this.settings(),
        revealOutputChannelOn: RevealOutputChannelOn.Never,
        middleware: {
          workspace: {
            // Sections would be sent as they are, with whatever a workspace's own file says in them, `nival.trusted` among it. Told only
            // that something has changed, the server asks, and takes no trust from what it is answered.
            didChangeConfiguration: (_sections, next) => next(undefined),
          },
          executeCommand: (name, args, next) => {
            switch (name) {
              case 'nival.build':
                return runBuild(this, args);
              case 'nival.inspect':
                return runInspect(this, args);
              default:
                return next(name, args);
            }
          },
        },
      },
    );
    client.onNotification('nival/buildLog', (params: BuildLogParams) => this.log.append(params.lines));
    this.client = client;
    try {
      await client.start();
    } catch (error) {
      this.client = undefined;
      const choice = await vscode.window.showErrorMessage(`nival: cannot start '${command} lsp': ${(error as Error).message}`, 'Open Settings');
      if (choice !== undefined) {
        await vscode.commands.executeCommand('workbench.action.openSettings', 'nival.server.path');
      }
    }
  }

  /** The running client. */
  get running(): LanguageClient {
    if (this.client === undefined) {
      throw new Error('the nival language server is not running');
    }
    return this.client;
  }

  async restart(): Promise<void> {
    const old = this.client;
    this.client = undefined;
    await old?.dispose();
    await this.start();
  }

  /** Tells the server that it may build now. */
  async workspaceTrusted(): Promise<void> {
    await this.client?.sendNotification('workspace/didChangeConfiguration', { settings: { nival: this.settings() } });
  }

  /** What the status bar shows as "Indexing"; VS Code has no button for it there. */
  async stopIndexing(): Promise<void> {
    await this.running.sendNotification(WorkDoneProgressCancelNotification.type, { token: 'nival-index' });
  }

  private settings(): Record<string, unknown> {
    const all = { ...(vscode.workspace.getConfiguration().get<Record<string, unknown>>('nival') ?? {}) };
    for (const name of CLIENT_SETTINGS) {
      delete all[name];
    }
    return { ...all, trusted: vscode.workspace.isTrusted };
  }

  dispose(): void {
    void this.client?.dispose();
  }
}
