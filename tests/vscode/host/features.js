// Does what a user does, one feature after the other; what is seen of each goes to $WORK/found.json.

const { writeFileSync } = require('node:fs');
const { join } = require('node:path');
const { WORK, open, run, state, tidy, until } = require('./support');

const groups = ['reading', 'editing', 'bursts', 'workspace'];
const found = {};
const failures = [];

exports.run = async () => {
  const save = () => writeFileSync(join(WORK, 'found.json'), JSON.stringify({ ...found, failed: failures.length > 0 ? failures : undefined }));
  try {
    const { uri } = await open('default.nix');
    await until('the server', async () => (await run('vscode.executeDocumentSymbolProvider', uri))?.length > 0);
    for (const group of process.env.PARTS?.split(',') ?? groups) {
      for (const [name, feature] of Object.entries(require(`./${group}`))) {
        if (process.env.ONLY && !process.env.ONLY.split(',').includes(name)) continue;
        state.feature = name;
        try {
          await tidy();
          found[name] = await feature();
        } catch (error) {
          failures.push(`${name}: ${error.stack ?? error}`);
          save();
        }
      }
    }
    await tidy();
  } catch (error) {
    failures.push(`${state.feature}: ${error.stack ?? error}`);
  }
  save();
};
