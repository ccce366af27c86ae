// The output channel with the logs of builds.

import * as vscode from 'vscode';

// Colours and cursor movements of builders.
const ESCAPES = /\u001b\[[0-9;?]*[A-Za-z]/g;

export class BuildLog implements vscode.Disposable {
  private readonly channel = vscode.window.createOutputChannel('Nix Builds', 'nix-build-log');

  append(lines: readonly string[]): void {
    this.channel.append(lines.map((line) => `${line.replace(ESCAPES, '')}\n`).join(''));
  }

  begin(title: string): void {
    this.append([`── ${title} ──`]);
  }

  /** Brings the log to the front if the user wants it at this moment. */
  reveal(moment: 'build' | 'failure'): void {
    const wanted = vscode.workspace.getConfiguration('nival').get<string>('showLog', 'failure');
    if (wanted === moment || (wanted === 'build' && moment === 'failure')) {
      this.show();
    }
  }

  show(): void {
    this.channel.show(true);
  }

  dispose(): void {
    this.channel.dispose();
  }
}
