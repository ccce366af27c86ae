-- What a buffer gets when a server is attached to it: by the options of |nival-setup|.
local M = {}

--- Whether a key is as Neovim has it, or not mapped at all.
local function is_free(mode, keys)
  local mapped = vim.fn.maparg(keys, mode, false, true)
  return vim.tbl_isempty(mapped) or mapped.buffer == 0 and (mapped.desc or ''):find('^Opens filepath or URI') ~= nil
end

--- Maps keys that neither the user nor another plugin has mapped.
local function map(bufnr, mode, keys, run, description)
  vim.api.nvim_buf_call(bufnr, function()
    if is_free(mode, keys) then
      vim.keymap.set(mode, keys, run, { buffer = bufnr, desc = 'nival: ' .. description })
    end
  end)
end

local function keys(bufnr)
  map(bufnr, 'n', 'gd', vim.lsp.buf.definition, 'definition')
  map(bufnr, 'n', 'gD', vim.lsp.buf.declaration, 'declaration')
  map(bufnr, 'n', 'gW', vim.lsp.buf.workspace_symbol, 'names of the workspace')
  map(bufnr, 'n', 'grc', vim.lsp.buf.incoming_calls, 'who calls this')
  map(bufnr, 'n', 'gro', vim.lsp.buf.outgoing_calls, 'what this calls')
  map(bufnr, 'n', 'grp', function()
    require('nival').parent()
  end, 'who imports this file')
  map(bufnr, 'n', 'grf', function()
    require('nival.edits').fix_all(bufnr)
  end, 'fix all that can be fixed safely')
  map(bufnr, 'n', 'grd', function()
    require('nival').page()
  end, 'the page of the diagnostic of this line')
  map(bufnr, 'n', 'grw', function()
    require('nival').problems()
  end, 'problems of the whole workspace')
  map(bufnr, 'n', 'gx', function()
    require('nival.links').open()
  end, 'what the path or address here leads to')
  if vim.lsp.completion then
    map(bufnr, 'i', '<C-Space>', vim.lsp.completion.get, 'completion')
  end
end

local function group(name, bufnr)
  return vim.api.nvim_create_augroup(('nival_%s_%d'):format(name, bufnr), {})
end

local function on(bufnr, name, events, run)
  local id = group(name, bufnr)
  for _, event in ipairs(events) do
    vim.api.nvim_create_autocmd(event[1], { group = id, buffer = bufnr, callback = event[2] or run })
  end
end

local function code_lens(bufnr)
  if vim.lsp.codelens.enable then
    vim.lsp.codelens.enable(true, { bufnr = bufnr })
    return
  end
  local function refresh()
    vim.lsp.codelens.refresh({ bufnr = bufnr })
  end
  on(bufnr, 'code_lens', { { { 'BufEnter', 'InsertLeave', 'BufWritePost' } } }, refresh)
  refresh()
end

local function completion(client, bufnr, automatic)
  if automatic then
    -- Names as well, and not only what follows a dot.
    local provider = client.server_capabilities.completionProvider
    local triggers = vim.list_extend({}, provider.triggerCharacters or {})
    for _, range in ipairs({ { 'a', 'z' }, { 'A', 'Z' }, { '_', '_' } }) do
      for byte = range[1]:byte(), range[2]:byte() do
        local char = string.char(byte)
        if not vim.list_contains(triggers, char) then
          table.insert(triggers, char)
        end
      end
    end
    provider.triggerCharacters = triggers
    -- A menu that comes by itself must not type; `popup` shows documentation beside it.
    if vim.api.nvim_get_option_info2('completeopt', {}).scope ~= 'global' then
      vim.bo[bufnr].completeopt = 'menuone,noselect,popup'
    end
  end
  vim.lsp.completion.enable(true, client.id, bufnr, { autotrigger = automatic })
end

---@param client vim.lsp.Client
---@param bufnr integer
function M.run(client, bufnr)
  local config = require('nival').config
  local function can(method)
    return client:supports_method('textDocument/' .. method)
  end
  if config.keys then
    keys(bufnr)
  end
  if vim.lsp.completion and can('completion') then
    completion(client, bufnr, config.completion)
  end
  if config.inlay_hints and can('inlayHint') then
    vim.lsp.inlay_hint.enable(true, { bufnr = bufnr })
  end
  if config.folding and vim.lsp.foldexpr and vim.wo.foldmethod == 'manual' then
    vim.wo[0][0].foldmethod = 'expr'
    vim.wo[0][0].foldexpr = 'v:lua.vim.lsp.foldexpr()'
    if vim.o.foldlevelstart < 0 then
      -- Nothing is hidden until the user folds it.
      vim.wo[0][0].foldlevel = 99
    end
  end
  if config.linked_editing and vim.lsp.linked_editing_range then
    vim.lsp.linked_editing_range.enable(true, { client_id = client.id })
  end
  if config.format_on_type and vim.lsp.on_type_formatting then
    vim.lsp.on_type_formatting.enable(true, { client_id = client.id })
  end
  if config.highlight and can('documentHighlight') then
    on(bufnr, 'highlight', {
      { 'CursorHold', vim.lsp.buf.document_highlight },
      { { 'CursorMoved', 'InsertEnter' }, vim.lsp.buf.clear_references },
    })
  end
  if config.fix_on_save or config.format_on_save then
    on(bufnr, 'save', { { 'BufWritePre' } }, function()
      require('nival.edits').before_write(bufnr)
    end)
  end
  if config.code_lens and can('codeLens') then
    code_lens(bufnr)
  end
end

return M
