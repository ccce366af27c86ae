-- The configuration that `vim.lsp.enable('nival')` finds on the runtime path.

-- Told to ask again, Neovim asks for the diagnostics of the workspace if it can, and then not for those of the buffers: this does both.
-- Where that is not possible the server does not offer the workspace's.
local refresh_buffer = vim.lsp.diagnostic and vim.lsp.diagnostic._refresh
local refresh_all = vim.lsp.handlers['workspace/diagnostic/refresh']

---@type vim.lsp.Config
return {
  cmd = { 'nival', 'lsp' },
  filetypes = { 'nix' },
  root_markers = { 'flake.nix', { 'default.nix', 'shell.nix' }, '.git' },
  before_init = function(params, config)
    params.initializationOptions = vim.tbl_deep_extend('force', params.initializationOptions or {}, config.settings.nival or {}, {
      trusted = require('nival.trust').is_trusted(config.root_dir),
    })
    if not require('nival').config.watch then
      params.capabilities.workspace.didChangeWatchedFiles = nil
    end
  end,
  capabilities = {
    workspace = {
      -- Neovim can, and does not say so; edits that make files need it.
      workspaceEdit = { documentChanges = true },
    },
    -- For |nival-grd|.
    textDocument = { publishDiagnostics = { codeDescriptionSupport = true } },
    experimental = { nival = { workspaceDiagnostics = refresh_buffer ~= nil and refresh_all ~= nil } },
  },
  settings = { nival = {} },
  handlers = {
    ['workspace/diagnostic/refresh'] = function(error, result, context, ...)
      local client = vim.lsp.get_client_by_id(context.client_id)
      for bufnr in pairs(refresh_buffer and client and client.attached_buffers or {}) do
        refresh_buffer(bufnr, context.client_id)
      end
      -- The problems of the whole workspace only once somebody has wanted to see them.
      if refresh_all and require('nival').workspace_wanted[context.client_id] then
        return refresh_all(error, result, context, ...)
      end
      return vim.NIL
    end,
    ['nival/buildLog'] = function(_, params)
      require('nival.log').append(params.lines)
    end,
  },
  commands = {
    ['nival.build'] = function(command, context)
      require('nival.build').run(command.arguments, context)
    end,
    ['nival.inspect'] = function(command, context)
      require('nival.inspect').run(command.arguments, context)
    end,
  },
  on_init = function(client)
    if require('nival.watch').is_needed() then
      require('nival.watch').start(client)
    end
  end,
  on_attach = function(client, bufnr)
    require('nival.attach').run(client, bufnr)
  end,
  on_exit = function(code, signal, client_id)
    require('nival.watch').stop(client_id)
    require('nival.life').ended(code, signal, client_id)
  end,
}
