// Who imports or calls a file: the server's own request, for which editors have no command.

import * as vscode from 'vscode';
import { RequestType, type Location, type LocationLink, type TextDocumentPositionParams } from 'vscode-languageclient/node';
import type { Server } from './server';

const PARENT = new RequestType<TextDocumentPositionParams, (Location | LocationLink)[] | null, void>('experimental/parentModule');

/** Goes to the only place, or lets the user choose one. */
export async function openParent(server: Server): Promise<void> {
  const editor = vscode.window.activeTextEditor;
  if (editor === undefined) {
    return;
  }
  const client = server.running;
  const { document, selection } = editor;
  const params = client.code2ProtocolConverter.asTextDocumentPositionParams(document, selection.active);
  const found = (await client.sendRequest(PARENT, params)) ?? [];
  const places = found.map((place) => ('targetUri' in place ? { uri: place.targetUri, range: place.targetSelectionRange } : place));
  if (places.length === 0) {
    void vscode.window.showInformationMessage('Nothing is known to import this file.');
    return;
  }
  const locations = await client.protocol2CodeConverter.asReferences(places);
  await vscode.commands.executeCommand('editor.action.goToLocations', document.uri, selection.active, locations, 'goto', 'Nothing is known to import this file.');
}
