-- nival for Neovim: build and inspect derivations. See |nival|.
local M = {}

local defaults = {
  -- When the log window opens: 'build', 'failure' or 'never'.
  log = 'failure',
  -- Show code lenses (Neovim 0.12 draws them as lines above, older ones as virtual text).
  code_lens = true,
  -- Show inlay hints, such as the names of long bindings at their ends.
  inlay_hints = true,
  -- Fold by the structure of the text (in windows whose 'foldmethod' is still the default).
  folding = false,
  -- Workspaces that are trusted without :NivalTrust: true, false, or a function of the root folder.
  trusted = false,
  -- The REPL of :NivalRepl.
  repl = { 'nixrepl' },
}

M.config = vim.deepcopy(defaults)

--- Clients of which somebody has wanted to see the problems of the whole workspace.
---@type table<integer, boolean>
M.workspace_wanted = {}

---@param options? table
function M.setup(options)
  M.config = vim.tbl_deep_extend('force', defaults, options or {})
end

--- The server of a buffer, or nil after telling the user.
---@param bufnr? integer
---@return vim.lsp.Client?
function M.client(bufnr)
  local client = vim.lsp.get_clients({ name = 'nival', bufnr = bufnr or 0 })[1]
  if not client then
    vim.notify("nival: no server is attached to this buffer; vim.lsp.enable('nival') starts one for Nix files", vim.log.levels.ERROR)
  end
  return client
end

---@param client vim.lsp.Client
---@param bufnr integer
function M.attached(client, bufnr)
  if M.config.inlay_hints and client:supports_method('textDocument/inlayHint') then
    vim.lsp.inlay_hint.enable(true, { bufnr = bufnr })
  end
  if M.config.folding and vim.lsp.foldexpr and vim.wo.foldmethod == 'manual' then
    vim.wo[0][0].foldmethod = 'expr'
    vim.wo[0][0].foldexpr = 'v:lua.vim.lsp.foldexpr()'
  end
  if not M.config.code_lens or not client:supports_method('textDocument/codeLens') then
    return
  end
  if vim.lsp.codelens.enable then
    vim.lsp.codelens.enable(true, { bufnr = bufnr })
    return
  end
  local group = vim.api.nvim_create_augroup('nival_code_lens_' .. bufnr, {})
  vim.api.nvim_create_autocmd({ 'BufEnter', 'InsertLeave', 'BufWritePost' }, {
    group = group,
    buffer = bufnr,
    callback = function()
      vim.lsp.codelens.refresh({ bufnr = bufnr })
    end,
  })
  vim.lsp.codelens.refresh({ bufnr = bufnr })
end

--- Asks for the lenses of a buffer; `on_done` gets those of one command, in the order of the text.
---@param command string
---@param on_done fun(lenses: table[])
local function lenses(client, bufnr, command, on_done)
  local params = { textDocument = vim.lsp.util.make_text_document_params(bufnr) }
  client:request('textDocument/codeLens', params, function(error, result)
    if error then
      vim.notify('nival: ' .. error.message, vim.log.levels.ERROR)
      return
    end
    on_done(vim.tbl_filter(function(lens)
      return lens.data and lens.data.command == command
    end, result or {}))
  end, bufnr)
end

--- Runs a command on an attribute path of this file, or on the derivation at the cursor.
local function on_target(command, attr_path, run)
  local bufnr = vim.api.nvim_get_current_buf()
  local client = M.client(bufnr)
  if not client then
    return
  end
  local context = { client_id = client.id, bufnr = bufnr }
  if attr_path then
    run({ vim.uri_from_bufnr(bufnr), attr_path }, context)
    return
  end
  local row = vim.api.nvim_win_get_cursor(0)[1] - 1
  lenses(client, bufnr, command, function(found)
    local here = vim.tbl_filter(function(lens)
      return lens.range.start.line == row
    end, found)
    local function go(lens)
      if lens then
        run({ lens.data.uri, lens.data.attrPath }, context)
      end
    end
    if #found == 0 then
      vim.notify('nival: no derivation is known in this file', vim.log.levels.WARN)
    elseif #here > 0 then
      go(here[1])
    else
      vim.ui.select(found, {
        prompt = 'Derivation: ',
        format_item = function(lens)
          return lens.data.attrPath ~= '' and lens.data.attrPath or lens.data.name
        end,
      }, go)
    end
  end)
end

---@param attr_path? string
function M.build(attr_path)
  on_target('nival.build', attr_path, require('nival.build').run)
end

---@param attr_path? string
function M.inspect(attr_path)
  on_target('nival.inspect', attr_path, require('nival.inspect').run)
end

--- Puts the problems of the whole workspace, open or not, into the quickfix list. From then on they are kept up to date.
function M.problems()
  local client = M.client()
  if not client then
    return
  end
  if not client:supports_method('workspace/diagnostic') then
    vim.notify('nival: this version of Neovim does not ask for the problems of the workspace', vim.log.levels.WARN)
    return
  end
  M.workspace_wanted[client.id] = true
  vim.api.nvim_create_autocmd('LspRequest', {
    callback = function(event)
      local request = event.data.request
      if event.data.client_id ~= client.id or request.method ~= 'workspace/diagnostic' or request.type ~= 'complete' then
        return false
      end
      vim.schedule(function()
        vim.diagnostic.setqflist({ title = 'Problems of the workspace' })
      end)
      return true
    end,
  })
  vim.lsp.buf.workspace_diagnostics({ client_id = client.id })
end

--- Stops all builds.
function M.cancel()
  local client = M.client()
  if client then
    client:request('workspace/executeCommand', { command = 'nival.cancelBuild', arguments = {} }, function(error, result)
      vim.notify(error and error.message or ('nival: %d builds stopped'):format(result.cancelled))
    end)
  end
end

--- The attribute paths of this file's derivations that have been asked for, for completion.
function M.attr_paths()
  local client = vim.lsp.get_clients({ name = 'nival', bufnr = 0 })[1]
  if not client then
    return {}
  end
  local params = { textDocument = vim.lsp.util.make_text_document_params(0) }
  local response = client:request_sync('textDocument/codeLens', params, 2000, 0)
  local names = {}
  for _, lens in ipairs(response and response.result or {}) do
    if lens.data and lens.data.command == 'nival.build' and lens.data.attrPath ~= '' then
      table.insert(names, lens.data.attrPath)
    end
  end
  return names
end

return M
