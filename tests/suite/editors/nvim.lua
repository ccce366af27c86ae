-- Runs in a headless Neovim: does what a user does, and writes what the user would see as JSON to $RESULT.
local result = { steps = {} }

local function finish()
  vim.fn.writefile({ vim.json.encode(result) }, vim.env.RESULT)
  vim.cmd('qall!')
end

local function wait(what, condition)
  if not vim.wait(60000, condition, 20) then
    result.failed = 'waited for ' .. what
    result.messages = vim.fn.execute('messages')
    error(result.failed)
  end
  table.insert(result.steps, what)
end

local function errors()
  return vim.diagnostic.get(0, { severity = vim.diagnostic.severity.ERROR })
end

local function find(pattern)
  local row = vim.fn.search(pattern, 'cw')
  assert(row > 0, 'no ' .. pattern)
  return row
end

local function hover()
  local client = vim.lsp.get_clients({ name = 'nival' })[1]
  local response = client:request_sync('textDocument/hover', vim.lsp.util.make_position_params(0, client.offset_encoding), 60000, 0)
  return response and response.result and response.result.contents.value or vim.inspect(response)
end

local ok, message = xpcall(function()
  vim.opt.runtimepath:append(vim.env.PLUGIN)
  vim.cmd('runtime plugin/nival.lua')
  require('nival').setup({ log = 'build', trusted = vim.env.TRUSTED == '1' })
  vim.lsp.enable('nival')
  vim.cmd.edit(vim.env.PROJECT .. '/default.nix')
  vim.bo.filetype = 'nix'
  wait('the server', function()
    return #vim.lsp.get_clients({ name = 'nival', bufnr = 0 }) > 0
  end)
  result.encoding = vim.lsp.get_clients({ name = 'nival' })[1].offset_encoding

  -- A diagnostic appears and vanishes as the text is edited.
  local row = find('^  packages = {')
  vim.api.nvim_buf_set_lines(0, row, row, false, { '    typo = callPackag ./pkgs/hello { };' })
  wait('a diagnostic', function()
    return #errors() > 0
  end)
  result.diagnostic = { message = errors()[1].message, row = errors()[1].lnum - row, col = errors()[1].col, source = errors()[1].source }
  vim.api.nvim_buf_set_lines(0, row, row + 1, false, {})
  wait('the diagnostic to vanish', function()
    return #errors() == 0
  end)

  -- The evaluated value of a name.
  find('^    \\zshello = ')
  result.hover = hover()

  -- Build from the lens.
  wait('lenses', function()
    return #vim.lsp.codelens.get({ bufnr = 0 }) > 0
  end)
  local chosen
  vim.ui.select = function(items, options, choose)
    for _, item in ipairs(items) do
      if options.format_item(item):find(chosen, 1, true) then
        table.insert(result.steps, 'chose ' .. options.format_item(item))
        return choose(item)
      end
    end
  end
  vim.api.nvim_create_autocmd('User', {
    pattern = 'NivalBuildDone',
    callback = function(event)
      result.build = event.data
    end,
  })
  find('^    \\zsgreeter = ')
  chosen = 'Build'
  vim.lsp.codelens.run()
  wait('the build', function()
    return result.build ~= nil
  end)
  result.log = require('nival.log').lines()

  -- Inspect it, from the lens as well.
  if not result.build.error then
    chosen = 'Inspect'
    vim.lsp.codelens.run()
    wait('the inspection', function()
      return vim.fn.bufnr('nival://inspect') ~= -1
    end)
    result.inspect = vim.api.nvim_buf_get_lines(vim.fn.bufnr('nival://inspect'), 0, -1, false)
    -- A failing build tells why.
    result.build = nil
    vim.cmd('NivalBuild broken')
    wait('the failing build', function()
      return result.build ~= nil
    end)
    result.broken = result.build.error and result.build.error.message
    result.log = require('nival.log').lines()
  end
end, debug.traceback)
if not ok then
  result.failed = result.failed or message
  result.lsp_log = vim.fn.filereadable(vim.lsp.log.get_filename()) == 1 and vim.fn.readfile(vim.lsp.log.get_filename(), '', -30) or {}
end
finish()
