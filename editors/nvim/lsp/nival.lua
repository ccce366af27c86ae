-- The configuration that `vim.lsp.enable('nival')` finds on the runtime path.
---@type vim.lsp.Config
return {
  cmd = { 'nival', 'lsp' },
  filetypes = { 'nix' },
  root_markers = { 'flake.nix', { 'default.nix', 'shell.nix' }, '.git' },
  before_init = function(params, config)
    params.initializationOptions = vim.tbl_deep_extend('force', params.initializationOptions or {}, config.settings.nival or {}, {
      trusted = require('nival.trust').is_trusted(config.root_dir),
    })
  end,
  settings = { nival = {} },
  handlers = {
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
  on_attach = function(client, bufnr)
    require('nival').attached(client, bufnr)
  end,
}
