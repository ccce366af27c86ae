// Runs host/features.js inside the extension host, and is its hands and eyes: it presses keys, waits for what is to be seen, says what
// stands there, takes pictures. The host asks by a file NAME in $PICTURES, with JSON:
//   { steps: [{ press: KEY } | { type: TEXT } | { click: SELECTOR } | { choose: TEXT } | { see: SELECTOR, text: TEXT, within: MILLISECONDS } | { gone: SELECTOR }], shot: true }
// and is answered by NAME.answer: { text } of what was seen last, or { error }.
//
//   PROJECT  the folder to open                  PICTURES  the folder where it asks

import { existsSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { session, shot } from './session.mjs';

const { PROJECT, PICTURES, WORK } = process.env;
const PATIENCE = Number(process.env.PATIENCE || 30_000);
const plain = (text) => text.replaceAll('\u00a0', ' ').replaceAll('\u200b', '');

// Down a list that has the keyboard, to the first row with a text; takes it.
async function choose(page, text) {
  const focused = page.locator('.action-widget .monaco-list-row.focused').first();
  await focused.waitFor({ timeout: PATIENCE });
  for (let count = 0; !plain(await focused.innerText()).includes(text); count += 1) {
    if (count > 60) throw new Error(`${text} is not in the list`);
    await page.keyboard.press('ArrowDown');
  }
  await page.keyboard.press('Enter');
}

async function serve(page, { steps = [], shot: wanted }, name) {
  let text = '';
  for (const step of steps) {
    if (step.press) await page.keyboard.press(step.press);
    if (step.type) await page.keyboard.type(step.type);
    if (step.click) await page.locator(step.click, step.text ? { hasText: step.text } : {}).first().click({ timeout: PATIENCE });
    if (step.choose) await choose(page, step.choose);
    if (step.see) {
      const seen = page.locator(step.see, step.text ? { hasText: step.text } : {}).first();
      await seen.waitFor({ timeout: step.within ?? PATIENCE });
      text = plain(await seen.innerText());
    }
    if (step.gone) await page.locator(step.gone).first().waitFor({ state: 'hidden', timeout: PATIENCE });
  }
  if (wanted) await shot(page, name);
  return { text };
}

async function drive(page, port, result) {
  const here = fileURLToPath(new URL('.', import.meta.url));
  const remote = (path) => `vscode-remote://127.0.0.1:${port}${path}`;
  // A workspace of one folder, to which others can be added without a new window.
  const workspace = join(dirname(PROJECT), 'tools.code-workspace');
  writeFileSync(workspace, JSON.stringify({ folders: [{ path: PROJECT }] }));
  const payload = [
    ['openFile', remote(join(PROJECT, 'default.nix'))],
    ['extensionDevelopmentPath', remote(join(here, 'host'))],
    ['extensionTestsPath', remote(join(here, 'host/features.js'))],
  ];
  let ended;
  const log = [];
  await page.exposeFunction('codeAutomationLog', (kind, args) => log.push(`${kind}: ${args}`));
  await page.exposeFunction('codeAutomationExit', (code) => (ended = code));
  await page.goto(`http://127.0.0.1:${port}/?workspace=${encodeURIComponent(workspace)}&payload=${encodeURIComponent(JSON.stringify(payload))}`);
  for (const deadline = Date.now() + 280_000; ended === undefined; ) {
    for (const name of readdirSync(PICTURES).filter((name) => !name.includes('.'))) {
      const asked = join(PICTURES, name);
      const request = JSON.parse(readFileSync(asked, 'utf8'));
      rmSync(asked);
      const answer = await serve(page, request, name).catch((error) => ({ error: String(error) }));
      if (answer.error !== undefined) await shot(page, `failed-${name}`);
      writeFileSync(join(PICTURES, `${name}.part`), JSON.stringify(answer));
      renameSync(join(PICTURES, `${name}.part`), join(PICTURES, `${name}.answer`));
    }
    if (Date.now() > deadline) break;
    await page.waitForTimeout(10);
  }
  const found = join(WORK, 'found.json');
  if (existsSync(found)) Object.assign(result, JSON.parse(readFileSync(found, 'utf8')));
  if (ended !== 0 || result.failed) result.failed = result.failed ?? `it ended with ${ended}: ${log.slice(-10).join('\n')}`.slice(0, 8000);
  delete result.steps;
}

await session(drive, {
  'nival.inlayHints.bindingEndMinLines': 4,
  'files.autoSave': 'off',
  'files.refactoring.autoSave': false,
  'window.confirmBeforeClose': 'never',
});
