-- Commands. Nothing is loaded before one of them runs.
if vim.g.loaded_nival then
  return
end
vim.g.loaded_nival = true

local command = vim.api.nvim_create_user_command

command('NivalBuild', function(args)
  require('nival').build(args.fargs[1])
end, { nargs = '?', desc = 'Build the derivation under the cursor, or of an attribute path', complete = 'custom,v:lua._nival_complete' })

command('NivalInspect', function(args)
  require('nival').inspect(args.fargs[1])
end, { nargs = '?', desc = 'Show what the store knows of a derivation', complete = 'custom,v:lua._nival_complete' })

command('NivalCancel', function()
  require('nival').cancel()
end, { desc = 'Stop all builds of this buffer\'s server' })

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

---@diagnostic disable-next-line: duplicate-set-field
function _G._nival_complete()
  return table.concat(require('nival').attr_paths(), '\n')
end
