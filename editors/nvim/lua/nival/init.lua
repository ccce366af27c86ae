-- nival for Neovim: build and inspect derivations. See |nival|.
local M = {}

local defaults = {
  -- When the log window opens: 'build', 'failure' or 'never'.
  log = 'failure',
  -- Map keys beyond Neovim's own, where nothing is mapped yet: see |nival-keys|.
  keys = true,
  -- Open the completion menu while typing, and not only by keys.
  completion = false,
  -- Show code lenses (Neovim 0.12 draws them as lines above, older ones as virtual text).
  code_lens = true,
  -- Show inlay hints, such as the names of long bindings at their ends.
  inlay_hints = true,
  -- Mark what the cursor rests on (after 'updatetime') and its other uses.
  highlight = true,
  -- Fold by the structure of the text (in windows whose 'foldmethod' is still the default).
  folding = false,
  -- While a local name is edited, edit its uses.
  linked_editing = false,
  -- Indent and align while typing.
  format_on_type = false,
  -- Before a file is written: apply all safe fixes, and format it.
  fix_on_save = false,
  format_on_save = false,
  -- Show what the server is busy with.
  progress = true,
  -- Start a server that ended unexpectedly again.
  restart = true,
  -- Hear of files that others change (on Linux a watch for each folder of the workspace).
  watch = true,
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

--- Changes settings of the running servers, such as `{ diagnostics = { ignored = { 'sema-extra-with' } } }`.
---@param settings table
function M.configure(settings)
  for _, client in ipairs(vim.lsp.get_clients({ name = 'nival' })) do
    client.settings.nival = vim.tbl_deep_extend('force', client.settings.nival or {}, settings)
    -- It asks for what it needs.
    client:notify('workspace/didChangeConfiguration', { settings = vim.NIL })
  end
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

--- Stops all builds, and whatever else takes long.
function M.cancel()
  local client = M.client()
  if not client then
    return
  end
  for token in pairs(client.progress.pending) do
    client:notify('window/workDoneProgress/cancel', { token = token })
  end
  client:request('workspace/executeCommand', { command = 'nival.cancelBuild', arguments = {} }, function(error, result)
    vim.notify(error and error.message or ('nival: %d builds stopped'):format(result.cancelled))
  end)
end

--- Opens the file that imports or calls this one; a choice where several do.
function M.parent()
  local client = M.client()
  if not client then
    return
  end
  local params = vim.lsp.util.make_position_params(0, client.offset_encoding)
  client:request('experimental/parentModule', params, function(error, result)
    local places = result or {}
    if error or #places == 0 then
      vim.notify('nival: ' .. (error and error.message or 'nothing is known to import this file'), vim.log.levels.WARN)
      return
    end
    local items = vim.lsp.util.locations_to_items(places, client.offset_encoding)
    if #items == 1 then
      vim.lsp.util.show_document(places[1], client.offset_encoding, { focus = true })
    else
      vim.fn.setqflist({}, ' ', { title = 'Imported by', items = items })
      vim.cmd('botright copen')
    end
  end, 0)
end

--- Opens the page of the rule that has found something in this line.
function M.page()
  local row = vim.api.nvim_win_get_cursor(0)[1] - 1
  for _, diagnostic in ipairs(vim.diagnostic.get(0, { lnum = row })) do
    local href = vim.tbl_get(diagnostic, 'user_data', 'lsp', 'codeDescription', 'href')
    if href and vim.startswith(href, 'file:') then
      return vim.lsp.util.show_document({ uri = href }, 'utf-8', { focus = true })
    elseif href then
      return vim.ui.open(href)
    end
  end
  vim.notify('nival: no rule has a page for this line', vim.log.levels.WARN)
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
