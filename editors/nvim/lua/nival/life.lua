-- The server's life: what it is busy with, and what happens when it ends.
local M = {}

-- More deaths than this in a minute are no accident.
local ATTEMPTS = 3
local MINUTE = 60000

local deaths = {}

local function again(config, buffers)
  if vim.v.exiting ~= vim.NIL or not require('nival').config.restart then
    return
  end
  local now = vim.uv.now()
  deaths = vim.tbl_filter(function(time)
    return now - time < MINUTE
  end, deaths)
  table.insert(deaths, now)
  if #deaths > ATTEMPTS then
    vim.notify('nival: the server ended again and again; :edit starts it', vim.log.levels.ERROR)
    return
  end
  for _, bufnr in ipairs(buffers) do
    if vim.api.nvim_buf_is_loaded(bufnr) then
      vim.lsp.start(config, { bufnr = bufnr })
    end
  end
  vim.notify('nival: the server ended unexpectedly and was started again', vim.log.levels.WARN)
end

--- Starts a server that nobody stopped again, for the same buffers.
---@param code integer
---@param signal integer
---@param client_id integer
function M.ended(code, signal, client_id)
  local client = vim.lsp.get_client_by_id(client_id)
  if not client or code == 0 and (signal == 0 or signal == 15) then
    return
  end
  local config, buffers = client.config, vim.tbl_keys(client.attached_buffers)
  -- The dead client is forgotten first.
  vim.defer_fn(function()
    again(config, buffers)
  end, 100)
end

--- Shows the progress of what takes long (from Neovim 0.12 on; older ones have |vim.lsp.status()|).
function M.progress(event)
  local client = vim.lsp.get_client_by_id(event.data.client_id)
  if not client or client.name ~= 'nival' or not require('nival').config.progress or vim.fn.has('nvim-0.12') == 0 then
    return
  end
  local value = event.data.params.value
  local done = value.kind == 'end'
  vim.api.nvim_echo({ { value.message or (done and 'done' or 'begins') } }, false, {
    id = 'nival.' .. event.data.params.token,
    kind = 'progress',
    source = 'nival',
    title = value.title or 'nival',
    status = done and 'success' or 'running',
    percent = value.percentage,
  })
end

return M
