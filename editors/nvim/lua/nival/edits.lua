-- Edits that Neovim has no command for: all safe fixes, and files that get another name.
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
  local client = require('nival').client()
  local params = { files = { { oldUri = vim.uri_from_fname(from), newUri = vim.uri_from_fname(to) } } }
  local response = client and client:request_sync('workspace/willRenameFiles', params, PATIENCE, 0)
  local edit = response and response.result
  if edit and edit ~= vim.NIL then
    vim.lsp.util.apply_workspace_edit(edit, client.offset_encoding)
  end
  -- The relative paths in the file itself have been edited: they move with it.
  for _, bufnr in ipairs(vim.api.nvim_list_bufs()) do
    local name = vim.api.nvim_buf_get_name(bufnr)
    if vim.bo[bufnr].modified and (name == from or vim.startswith(name, from .. '/')) then
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

return M
