// A VS Code server on loopback, the packaged extension, Chromium: what every session in VS Code needs.
// Everything comes in through the environment; what a session finds goes to $RESULT as JSON.
//
//   SERVER   folder of the VS Code server        CHROMIUM  executable
//   WORK     a folder for its data               VSIX      the extension
//   PROJECT  the folder to open                  NIVAL     the language server
//   TRUSTED  1, or 0 for restricted mode         SHOTS     a folder for screenshots

import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { chromium } from 'playwright-core';

const { SERVER, CHROMIUM, WORK, VSIX, NIVAL, TRUSTED, SHOTS, RESULT } = process.env;
export const trusted = TRUSTED === '1';
export const patience = 90_000;
const result = { steps: [] };

function freePort() {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.on('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}

async function startServer(port, more) {
  const data = join(WORK, 'data');
  const extensions = join(WORK, 'extensions');
  mkdirSync(join(data, 'data/User'), { recursive: true });
  mkdirSync(join(data, 'data/Machine'), { recursive: true });
  const settings = {
    'security.workspace.trust.enabled': !trusted,
    'security.workspace.trust.startupPrompt': 'never',
    'security.workspace.trust.banner': 'never',
    'workbench.startupEditor': 'none',
    'extensions.autoUpdate': false,
    'extensions.autoCheckUpdates': false,
    'telemetry.telemetryLevel': 'off',
    'workbench.tips.enabled': false,
    'editor.minimap.enabled': false,
    'editor.hover.delay': 100,
    'git.enabled': false,
    'nival.server.path': NIVAL,
    'nival.showLog': 'never',
    ...more,
  };
  for (const place of ['User', 'Machine']) {
    writeFileSync(join(data, 'data', place, 'settings.json'), JSON.stringify(settings));
  }
  const common = ['--server-data-dir', data, '--extensions-dir', extensions, '--accept-server-license-terms', '--telemetry-level', 'off'];
  const main = join(SERVER, 'out/server-main.js');
  const install = spawnSync(process.execPath, [main, ...common, '--install-extension', VSIX], { encoding: 'utf8' });
  if (install.status !== 0) {
    throw new Error(`the extension cannot be installed: ${install.stdout}${install.stderr}`);
  }
  const server = spawn(process.execPath, [main, ...common, '--host', '127.0.0.1', '--port', String(port), '--without-connection-token'], { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  server.stdout.on('data', (data) => (output += data));
  server.stderr.on('data', (data) => (output += data));
  result.serverOutput = () => output;
  for (const deadline = Date.now() + patience; ; ) {
    try {
      if ((await fetch(`http://127.0.0.1:${port}/version`)).ok) return server;
    } catch {
      // not yet
    }
    if (Date.now() > deadline) throw new Error(`the server does not answer: ${output}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

export async function shot(page, name) {
  // What fades in is there.
  await page.screenshot({ path: join(SHOTS, `vscode-${name}.png`), animations: 'disabled' });
}

// Runs `drive(page, port, result)` in an editor that has `settings`, too, and ends the process.
export async function session(drive, settings = {}) {
  let server;
  let browser;
  try {
    mkdirSync(SHOTS, { recursive: true });
    const port = await freePort();
    server = await startServer(port, settings);
    browser = await chromium.launch({
      executablePath: CHROMIUM,
      args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
    });
    const page = await browser.newPage({ viewport: { width: 1360, height: 860 } });
    page.setDefaultTimeout(patience);
    const log = [];
    page.on('console', (message) => log.push(message.text()));
    try {
      await drive(page, port, result);
    } catch (error) {
      result.failed = String(error?.stack ?? error);
      result.console = log.slice(-40);
      await shot(page, 'failed');
    }
  } catch (error) {
    result.failed ??= String(error?.stack ?? error);
  } finally {
    if (result.failed !== undefined) result.output = result.serverOutput?.().split('\n').slice(-40);
    delete result.serverOutput;
    writeFileSync(RESULT, JSON.stringify(result));
    await browser?.close();
    server?.kill('SIGTERM');
  }
  process.exit(result.failed === undefined ? 0 : 1);
}
