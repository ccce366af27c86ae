-- Builds: ask the server, show the log, say the store path.
local M = {}

--- The result of the last build: { name, drvPath, outPaths, outputs, alreadyBuilt }, or nil after a failure.
M.last = nil

---@param arguments any[] the URI of a file and an attribute path
---@param context { client_id: integer, bufnr: integer }
---@param on_done? fun(error: table?, result: table?)
function M.run(arguments, context, on_done)
  local nival = require('nival')
  local log = require('nival.log')
  local client = assert(vim.lsp.get_client_by_id(context.client_id))
  local title = arguments[2] ~= '' and arguments[2] or vim.fs.basename(vim.uri_to_fname(arguments[1]))
  log.begin('building ' .. title)
  if nival.config.log == 'build' then
    log.open()
  end
  client:request('workspace/executeCommand', { command = 'nival.build', arguments = arguments }, function(error, result)
    M.last = result
    if error then
      local shown = error.data and error.data.rendered or error.message
      log.append(vim.split(vim.trim(shown), '\n'))
      if error.data and error.data.kind == 'trust' then
        log.append({ 'This workspace is not trusted; :NivalTrust changes that.' })
      end
      if nival.config.log ~= 'never' then
        log.open()
      end
      vim.notify(('nival: %s: %s'):format(title, error.message), vim.log.levels.ERROR)
    else
      log.append(result.outPaths)
      vim.notify(('nival: %s %s'):format(result.alreadyBuilt and 'already built' or 'built', table.concat(result.outPaths, ' ')))
    end
    if on_done then
      on_done(error, result)
    end
    vim.api.nvim_exec_autocmds('User', { pattern = 'NivalBuildDone', data = { error = error, result = result } })
  end, context.bufnr)
end

return M
