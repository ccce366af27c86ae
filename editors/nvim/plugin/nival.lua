-- Commands. Nothing is loaded before one of them runs.
if vim.g.loaded_nival then
  return
end
vim.g.loaded_nival = true

-- Who only puts this folder on the runtime path has no tags for its help, or those of an earlier text.
local doc = vim.fs.joinpath(vim.fs.dirname(vim.fs.dirname(vim.fs.abspath(debug.getinfo(1, 'S').source:sub(2)))), 'doc')
if vim.fn.getftime(doc .. '/tags') < vim.fn.getftime(doc .. '/nival.txt') and vim.fn.filewritable(doc) == 2 then
  pcall(vim.cmd.helptags, vim.fn.fnameescape(doc))
end

local command = vim.api.nvim_create_user_command

command('NivalBuild', function(args)
  require('nival').build(args.fargs[1])
end, { nargs = '?', desc = 'Build the derivation under the cursor, or of an attribute path', complete = 'custom,v:lua._nival_complete' })

command('NivalInspect', function(args)
  require('nival').inspect(args.fargs[1])
end, { nargs = '?', desc = 'Show what the store knows of a derivation', complete = 'custom,v:lua._nival_complete' })

command('NivalCancel', function()
  require('nival').cancel()
end, { desc = 'Stop all builds of this buffer\'s server, and what else takes long' })

command('NivalLog', function()
  require('nival.log').open()
end, { desc = 'Open the build log' })

command('NivalProblems', function()
  require('nival').problems()
end, { desc = 'List the problems of the whole workspace' })

command('NivalRepl', function(args)
  require('nival.repl').open(args.fargs[1])
end, { nargs = '?', complete = 'file', desc = 'Open nixrepl with this file, or another, in a terminal' })

command('NivalTrust', function(args)
  require('nival.trust').trust(not args.bang)
end, { bang = true, desc = 'Trust this workspace: allow builds and impure evaluation (! takes it back)' })

command('NivalFixAll', function()
  require('nival.edits').fix_all(vim.api.nvim_get_current_buf())
end, { desc = 'Apply all safe fixes to this buffer' })

command('NivalRename', function(args)
  require('nival.edits').rename_file(vim.api.nvim_buf_get_name(0), args.args)
end, { nargs = 1, complete = 'file', desc = 'Give this file another name; imports of it follow' })

command('NivalDelete', function(args)
  require('nival.edits').delete_file(args.args ~= '' and args.args or vim.api.nvim_buf_get_name(0), args.bang)
end, { nargs = '?', bang = true, complete = 'file', desc = 'Delete this file, or another; lists of modules do without it (! does not ask)' })

command('NivalParent', function()
  require('nival').parent()
end, { desc = 'Open the file that imports or calls this one' })

vim.api.nvim_create_autocmd('LspProgress', {
  group = vim.api.nvim_create_augroup('nival_progress', {}),
  callback = function(event)
    require('nival.life').progress(event)
  end,
})

---@diagnostic disable-next-line: duplicate-set-field
function _G._nival_complete()
  return table.concat(require('nival').attr_paths(), '\n')
end
