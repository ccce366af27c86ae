-- Which workspaces the user vouches for. Kept in the state folder, one root per line.
local M = {}

local function store()
  return vim.fs.joinpath(vim.fn.stdpath('state'), 'nival-trusted')
end

local function read()
  local roots = {}
  local file = io.open(store(), 'r')
  if file then
    for line in file:lines() do
      roots[line] = true
    end
    file:close()
  end
  return roots
end

---@param root string?
---@return boolean
function M.is_trusted(root)
  local setting = require('nival').config.trusted
  if type(setting) == 'function' then
    setting = setting(root)
  end
  return setting == true or (root ~= nil and read()[vim.fs.normalize(root)] == true)
end

--- Trusts the workspace of the current buffer, or no longer does.
---@param trusted boolean
function M.trust(trusted)
  local client = require('nival').client()
  if not client then
    return
  end
  if not client.root_dir then
    vim.notify('nival: this file belongs to no workspace', vim.log.levels.ERROR)
    return
  end
  local root = vim.fs.normalize(client.root_dir)
  local roots = read()
  roots[root] = trusted or nil
  vim.fn.mkdir(vim.fn.stdpath('state'), 'p')
  local file, message = io.open(store(), 'w')
  if not file then
    vim.notify('nival: ' .. message, vim.log.levels.ERROR)
    return
  end
  for path in vim.spairs(roots) do
    file:write(path, '\n')
  end
  file:close()
  local settings = vim.tbl_deep_extend('force', client.settings.nival or {}, { trusted = trusted })
  client:notify('workspace/didChangeConfiguration', { settings = { nival = settings } })
  vim.notify(('nival: %s is %s'):format(root, trusted and 'trusted' or 'not trusted any more'))
end

return M
