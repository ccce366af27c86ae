// Does in VS Code what a user does, with mouse and keyboard: see session.mjs.
//
//   PROJECT  the folder to open

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { patience, session, shot, trusted } from './session.mjs';

const { PROJECT } = process.env;

async function drive(page, port, result) {
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
  const source = readFileSync(file, 'utf8').split('\n');
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
  await shot(page, trusted ? 'main-diagnostic' : 'restricted-diagnostic');
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
  await shot(page, trusted ? 'main-hover' : 'restricted-hover');
  step('a hover');
  await page.mouse.move(5, 5);

  // Build from the lens.
  const toast = (text) => page.locator('.notification-toast', { hasText: text });
  await lens('Build greeter-0.3').first().click();
  if (!trusted) {
    await toast('trust').first().waitFor();
    result.refusal = await toast('trust').first().innerText();
    await shot(page, 'untrusted-workspace');
    // The user reads what trust means, gives it, and builds.
    await toast('trust').first().locator('a', { hasText: 'Manage Workspace Trust' }).click();
    await page.locator('.workspace-trust-editor .monaco-button', { hasText: 'Trust' }).first().click();
    await page.locator('.tab', { hasText: 'default.nix' }).click();
    await lens('Build greeter-0.3').first().click();
    await toast('uilt /').first().waitFor();
    result.trusted = await toast('uilt /').first().locator('.notification-list-item-message').innerText();
    await shot(page, 'trust');
    return;
  }
  await toast('uilt /').first().waitFor();
  result.built = await toast('uilt /').first().locator('.notification-list-item-message').innerText();
  await shot(page, 'main-built');
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

await session(drive);
