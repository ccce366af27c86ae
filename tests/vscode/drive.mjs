// Does in VS Code what a user does: a VS Code server on loopback, the packaged extension, Chromium.
// Everything comes in through the environment; what the user would see goes to $RESULT as JSON.
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

const { SERVER, CHROMIUM, WORK, VSIX, PROJECT, NIVAL, TRUSTED, SHOTS, RESULT } = process.env;
const trusted = TRUSTED === '1';
const result = { steps: [] };
const patience = 90_000;

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

async function startServer(port) {
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

async function drive(page, port) {
  const file = join(PROJECT, 'default.nix');
  const payload = encodeURIComponent(JSON.stringify([['openFile', `vscode-remote://127.0.0.1:${port}${file}`]]));
  await page.goto(`http://127.0.0.1:${port}/?folder=${encodeURIComponent(PROJECT)}&payload=${payload}`);
  const step = (name) => result.steps.push(name);
  const editor = page.locator('.editor-instance .monaco-editor').first();
  await editor.locator('.view-line').first().waitFor();
  step('the file is open');

  // Code lenses come from the server.
  const lens = (line) => page.locator('.codelens-decoration a', { hasText: line });
  await lens('Build greeter-0.3').first().waitFor();
  result.lenses = (await page.locator('.codelens-decoration').allInnerTexts()).map((text) => text.replaceAll('\u00a0', ' '));
  step('lenses');

  // A diagnostic appears and vanishes as the text is edited.
  const goTo = async (line) => {
    await page.keyboard.press('Control+G');
    await page.locator('.quick-input-widget input').fill(`:${line}`);
    await page.keyboard.press('Enter');
  };
  const source = (await import('node:fs')).readFileSync(file, 'utf8').split('\n');
  await editor.locator('.view-lines').click();
  await goTo(source.findIndex((line) => line.startsWith('  packages = {')) + 1);
  await page.keyboard.press('End');
  await page.keyboard.press('Enter');
  await page.keyboard.type('typo = callPackag ./pkgs/hello;');
  const squiggle = page.locator('.squiggly-error');
  await squiggle.first().waitFor();
  step('a diagnostic');
  // The half-typed text had errors of its own; wait for those of the whole line.
  for (const deadline = Date.now() + patience; ; ) {
    await page.keyboard.press('F8');
    await page.waitForTimeout(500);
    const shown = page.locator('.zone-widget .descriptioncontainer');
    result.diagnostic = (await shown.count()) > 0 ? await shown.first().innerText() : '';
    if (result.diagnostic.includes('undefined')) break;
    if (Date.now() > deadline) throw new Error(`the diagnostic is: ${result.diagnostic}`);
  }
  await shot(page, 'diagnostic');
  await page.keyboard.press('Escape');
  for (let undo = 0; (await squiggle.count()) > 0 && undo < 60; undo += 1) {
    await page.keyboard.press('Control+Z');
    await page.waitForTimeout(100);
  }
  await squiggle.first().waitFor({ state: 'detached' });
  step('the diagnostic vanishes');

  // The evaluated value of a name.
  const name = page.locator('.view-line', { hasText: 'hello = callPackage' }).getByText('hello', { exact: true }).first();
  const hover = page.locator('.monaco-hover:not(.hidden) .monaco-hover-content').first();
  for (const deadline = Date.now() + patience; ; ) {
    await page.mouse.move(5, 5);
    await name.hover();
    await page.waitForTimeout(700);
    result.hover = (await hover.count()) > 0 ? (await hover.innerText()).replaceAll('\u00a0', ' ') : '';
    if (!trusted || result.hover.includes('hello-1.0')) break;
    if (Date.now() > deadline) throw new Error(`the hover is: ${result.hover}`);
  }
  await shot(page, 'hover');
  step('a hover');
  await page.mouse.move(5, 5);

  // Build from the lens.
  const toast = (text) => page.locator('.notification-toast', { hasText: text });
  await lens('Build greeter-0.3').first().click();
  if (!trusted) {
    await toast('trust').first().waitFor();
    result.refusal = await toast('trust').first().innerText();
    await shot(page, 'restricted');
    return;
  }
  await toast('uilt /').first().waitFor();
  result.built = await toast('uilt /').first().locator('.notification-list-item-message').innerText();
  await shot(page, 'built');
  step('a build');

  // Inspect it.
  await toast('uilt /').first().locator('a', { hasText: 'Inspect' }).click();
  const view = page.locator('.editor-instance').last().locator('.view-lines');
  await view.getByText('greeter-0.3').first().waitFor();
  await page.locator('.tab', { hasText: 'greeter-0.3' }).waitFor();
  await page.waitForTimeout(500);
  const rows = await view.locator('.view-line').evaluateAll((lines) =>
    lines.map((line) => [parseFloat(line.style.top), line.innerText.replaceAll('\u00a0', ' ')]).sort((a, b) => a[0] - b[0]).map(([, text]) => text),
  );
  result.inspection = rows;
  await shot(page, 'main');
  step('an inspection');
}

async function shot(page, name) {
  await page.screenshot({ path: join(SHOTS, `vscode-${trusted ? '' : 'restricted-'}${name}.png`) });
}

let server;
let browser;
try {
  mkdirSync(SHOTS, { recursive: true });
  const port = await freePort();
  server = await startServer(port);
  browser = await chromium.launch({
    executablePath: CHROMIUM,
    args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  });
  const page = await browser.newPage({ viewport: { width: 1360, height: 860 } });
  page.setDefaultTimeout(patience);
  const log = [];
  page.on('console', (message) => log.push(message.text()));
  try {
    await drive(page, port);
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
