// Runs features_host.js inside the extension host and takes the pictures that it asks for: see session.mjs.
//
//   PROJECT  the folder to open                  PICTURES  the folder where it asks for pictures

import { existsSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { session, shot } from './session.mjs';

const { PROJECT, PICTURES, WORK } = process.env;

async function drive(page, port, result) {
  const here = fileURLToPath(new URL('.', import.meta.url));
  const remote = (path) => `vscode-remote://127.0.0.1:${port}${path}`;
  const payload = [
    ['openFile', remote(join(PROJECT, 'default.nix'))],
    ['extensionDevelopmentPath', remote(join(here, 'host'))],
    ['extensionTestsPath', remote(join(here, 'host/features.js'))],
  ];
  let ended;
  const log = [];
  await page.exposeFunction('codeAutomationLog', (kind, args) => log.push(`${kind}: ${args}`));
  await page.exposeFunction('codeAutomationExit', (code) => (ended = code));
  await page.goto(`http://127.0.0.1:${port}/?folder=${encodeURIComponent(PROJECT)}&payload=${encodeURIComponent(JSON.stringify(payload))}`);
  for (const deadline = Date.now() + 240_000; ended === undefined; ) {
    for (const name of readdirSync(PICTURES)) {
      await page.waitForTimeout(300);
      await shot(page, name);
      rmSync(join(PICTURES, name));
    }
    if (Date.now() > deadline) break;
    await page.waitForTimeout(50);
  }
  const found = join(WORK, 'found.json');
  if (existsSync(found)) Object.assign(result, JSON.parse(readFileSync(found, 'utf8')));
  if (ended !== 0) result.failed = `${result.failed}; it ended with ${ended}: ${log.slice(-40).join('\n')}`.slice(0, 4000);
  delete result.steps;
}

await session(drive, { 'nival.inlayHints.bindingEndMinLines': 4 });
