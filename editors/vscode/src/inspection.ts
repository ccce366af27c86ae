// The inspect view: what the store knows of a derivation, as a read-only document.

import * as vscode from 'vscode';

/** The answer of the server's command `nival.inspect`. */
export interface Inspection {
  name: string;
  path: string | null;
  drvPath: string;
  valid: boolean;
  realPath: string | null;
  references: string[];
  referrers: string[];
  closureSize: number | null;
  closurePaths: number | null;
  narSize: number | null;
  narHash: string | null;
  deriver: string | null;
  log: string[] | null;
}

export class InspectionProvider implements vscode.TextDocumentContentProvider {
  static readonly scheme = 'nival-inspect';
  private readonly texts = new Map<string, string>();
  private readonly changed = new vscode.EventEmitter<vscode.Uri>();
  readonly onDidChange = this.changed.event;

  provideTextDocumentContent(uri: vscode.Uri): string {
    return this.texts.get(uri.path) ?? '';
  }

  async show(inspection: Inspection): Promise<void> {
    const uri = vscode.Uri.from({ scheme: InspectionProvider.scheme, path: `/${inspection.name}` });
    this.texts.set(uri.path, render(inspection));
    this.changed.fire(uri);
    const document = await vscode.workspace.openTextDocument(uri);
    await vscode.window.showTextDocument(document, { viewColumn: vscode.ViewColumn.Beside, preview: true, preserveFocus: true });
  }
}

export function render(inspection: Inspection): string {
  const rows: [string, string | null][] = [
    ['path', inspection.path],
    ['derivation', inspection.drvPath],
    ['built', inspection.valid ? 'yes' : 'no'],
  ];
  const sections: [string, readonly string[]][] = [];
  if (inspection.valid) {
    rows.push(
      ['files at', inspection.realPath === inspection.path ? null : inspection.realPath],
      ['deriver', inspection.deriver],
      ['size', size(inspection.narSize)],
      ['closure', `${size(inspection.closureSize) ?? '?'} in ${inspection.closurePaths ?? '?'} paths`],
      ['hash', inspection.narHash],
    );
    sections.push([`references (${inspection.references.length})`, inspection.references], [`referrers (${inspection.referrers.length})`, inspection.referrers]);
  }
  if (inspection.log !== null) {
    sections.push(['build log', inspection.log]);
  }
  const facts = rows.filter(([, value]) => value !== null).map(([label, value]) => `${label.padEnd(12)} ${value}`);
  const lists = sections.flatMap(([heading, lines]) => ['', heading, ...lines.map((line) => `  ${line}`)]);
  return [inspection.name, '', ...facts, ...lists, ''].join('\n');
}

function size(bytes: number | null): string | null {
  if (bytes === null) {
    return null;
  }
  const units: [string, number][] = [['GiB', 2 ** 30], ['MiB', 2 ** 20], ['KiB', 2 ** 10]];
  const unit = units.find(([, factor]) => bytes >= factor);
  return unit === undefined ? `${bytes} bytes` : `${(bytes / unit[1]).toFixed(1)} ${unit[0]}`;
}
