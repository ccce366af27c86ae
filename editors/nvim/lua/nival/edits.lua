-- Edits that Neovim has no command for: all safe fixes, and files that get another name or are deleted.
local M = {}

-- How long a write waits for the server, in milliseconds.
local PATIENCE = 3000

local function server(bufnr)
  return vim.lsp.get_clients({ name = 'nival', bufnr = bufnr })[1]
end

--- Applies all safe fixes to a buffer, and waits for it.
---@param bufnr integer
function M.fix_all(bufnr)
  local client = server(bufnr)
  if not client then
    return
  end
  local params = {
    textDocument = { uri = vim.uri_from_bufnr(bufnr) },
    range = { start = { line = 0, character = 0 }, ['end'] = { line = 0, character = 0 } },
    context = { diagnostics = {}, only = { 'source.fixAll.nival' } },
  }
  local response = client:request_sync('textDocument/codeAction', params, PATIENCE, bufnr)
  local action = response and response.result and response.result[1]
  if action and not action.edit then
    local resolved = client:request_sync('codeAction/resolve', action, PATIENCE, bufnr)
    action = resolved and resolved.result
  end
  if action and action.edit then
    vim.lsp.util.apply_workspace_edit(action.edit, client.offset_encoding)
  end
end

--- What the options want to be done before a buffer is written.
---@param bufnr integer
function M.before_write(bufnr)
  local config = require('nival').config
  if config.fix_on_save then
    M.fix_all(bufnr)
  end
  if config.format_on_save then
    vim.lsp.buf.format({ bufnr = bufnr, name = 'nival', timeout_ms = PATIENCE })
  end
end

--- Has the server edit the other files before something happens to some.
---@return vim.lsp.Client? the server, which wants to be told afterwards
local function edit_before(method, params)
  local client = require('nival').client()
  local response = client and client:request_sync(method, params, PATIENCE, 0)
  local edit = response and response.result
  if edit and edit ~= vim.NIL then
    vim.lsp.util.apply_workspace_edit(edit, client.offset_encoding)
  end
  return client
end

--- Whether a buffer is of a file, or of one in a folder.
local function is_of(bufnr, path)
  local name = vim.api.nvim_buf_get_name(bufnr)
  return name == path or vim.startswith(name, path .. '/')
end

--- Gives a file or folder another name; what names it follows, in buffers that are then to be written.
---@param from string
---@param to string
function M.rename_file(from, to)
  from, to = vim.fs.normalize(vim.fs.abspath(from)), vim.fs.normalize(vim.fs.abspath(to))
  if vim.fn.isdirectory(to) == 1 and vim.fn.isdirectory(from) == 0 then
    to = vim.fs.joinpath(to, vim.fs.basename(from))
  end
  if not vim.uv.fs_stat(from) then
    vim.notify(('nival: %s is not there yet; write it first'):format(from), vim.log.levels.ERROR)
    return
  end
  if vim.uv.fs_stat(to) then
    vim.notify(('nival: %s exists already'):format(to), vim.log.levels.ERROR)
    return
  end
  local params = { files = { { oldUri = vim.uri_from_fname(from), newUri = vim.uri_from_fname(to) } } }
  local client = edit_before('workspace/willRenameFiles', params)
  -- The relative paths in the file itself have been edited: they move with it.
  for _, bufnr in ipairs(vim.api.nvim_list_bufs()) do
    if vim.bo[bufnr].modified and is_of(bufnr, from) then
      vim.api.nvim_buf_call(bufnr, function()
        vim.cmd('silent noautocmd write')
      end)
    end
  end
  vim.lsp.util.rename(from, to)
  if client then
    client:notify('workspace/didRenameFiles', params)
  end
end

--- Deletes a file or folder; lists of modules and overlays that it is in do without it, in buffers that are then to be written.
---@param path string
---@param unasked boolean?
function M.delete_file(path, unasked)
  path = vim.fs.normalize(vim.fs.abspath(path))
  local stat = vim.uv.fs_lstat(path)
  if not stat then
    vim.notify(('nival: %s is not there'):format(path), vim.log.levels.ERROR)
    return
  end
  local shown = path .. (stat.type == 'directory' and ' and all that is in it' or '')
  if not unasked and vim.fn.confirm(('Delete %s?'):format(shown), '&Yes\n&No', 2) ~= 1 then
    return
  end
  local params = { files = { { uri = vim.uri_from_fname(path) } } }
  local client = edit_before('workspace/willDeleteFiles', params)
  if vim.fn.delete(path, stat.type == 'directory' and 'rf' or '') ~= 0 then
    vim.notify(('nival: %s cannot be deleted'):format(shown), vim.log.levels.ERROR)
    return
  end
  for _, bufnr in ipairs(vim.api.nvim_list_bufs()) do
    if is_of(bufnr, path) then
      vim.api.nvim_buf_delete(bufnr, { force = true })
    end
  end
  if client then
    client:notify('workspace/didDeleteFiles', params)
  end
end

return M
