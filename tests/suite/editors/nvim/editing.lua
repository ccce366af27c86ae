-- What the user changes with the server's help.
local S = dofile(vim.env.SCRIPTS .. '/session.lua')
local feature, find, keys = S.feature, S.find, S.keys

local function renames()
  feature('rename', 'default.nix', function()
    find('^  \\zspackages')
    local prompt
    vim.ui.input = function(options, on_done)
      prompt = options.default
      on_done('tools')
    end
    S.changes(function()
      keys('grn')
    end)
    return vim.list_extend({ prompt .. ' →' }, S.with('tools'))
  end)
  feature('rename-files', 'lib.nix', function()
    -- Other files follow.
    find('\\zsheavier =')
    vim.ui.input = function(_, on_done)
      on_done('weightier')
    end
    S.changes(function()
      keys('grn')
    end)
    local seen = S.with('weightier')
    vim.cmd('silent! bnext')
    S.await('the other file', function()
      return vim.fn.expand('%:t') == 'default.nix'
    end)
    return vim.list_extend(seen, S.with('weightier'))
  end)
  feature('rename-refused', 'scratch.nix', function()
    find('\\zsgreeting')
    vim.ui.input = function(_, on_done)
      on_done('tools')
    end
    keys('grn')
    local said = S.message('tools')
    return { said, S.lines()[4] }
  end)
  feature('rename-not-offered', 'scratch.nix', function()
    find('\\zslet')
    vim.ui.input = function()
      error('it asks for a name')
    end
    keys('grn')
    return S.message('ename')
  end)
  feature('linked-editing', 'scratch.nix', function()
    S.text('let\n  size = 3;\nin\nsize\n* size')
    find('\\zssize =')
    vim.lsp.linked_editing_range.enable(true, { client_id = S.client().id })
    keys('a')
    -- The places that change together are marked once they are known.
    S.await('linked places', function()
      for name, id in pairs(vim.api.nvim_get_namespaces()) do
        if name:find('linked_editing') and #vim.api.nvim_buf_get_extmarks(0, id, 0, -1, {}) > 0 then
          return true
        end
      end
    end)
    keys('ss')
    S.await('the uses to follow', function()
      return S.lines()[4] == 'sssize' and S.lines()[5] == '* sssize'
    end)
    -- A client that has it on makes the edits of actions at the other places, too.
    vim.lsp.linked_editing_range.enable(false, { client_id = S.client().id })
  end)
  feature('file-rename', 'lib.nix', function()
    vim.cmd('NivalRename ' .. S.path('nixos/library.nix'))
    S.await('the file', function()
      return vim.fn.filereadable(S.path('nixos/library.nix')) == 1
    end)
    local seen = { vim.fn.fnamemodify(vim.api.nvim_buf_get_name(0), ':t') }
    vim.cmd('silent! buffer default.nix')
    vim.list_extend(seen, S.with('library'))
    S.picture()
    vim.cmd('silent! edit!')
    vim.fn.rename(S.path('nixos/library.nix'), S.path('lib.nix'))
    return seen
  end)
  feature('file-delete', 'nixos/spare.nix', function()
    local asked
    vim.fn.confirm = function(message)
      asked = message
      return 1
    end
    -- A module that a list of another file has.
    S.text('{ ... }: { }')
    vim.cmd('silent write')
    vim.cmd('silent! edit ' .. S.path('nixos/configuration.nix'))
    vim.fn.setline(4, '  imports = [ ./greeter.nix ./spare.nix ];')
    vim.cmd('silent write')
    S.no_diagnostics()
    vim.cmd('silent! buffer spare.nix')
    vim.cmd('NivalDelete')
    S.await('the file to go', function()
      return vim.fn.filereadable(S.path('nixos/spare.nix')) == 0 and vim.fn.bufnr('spare.nix') == -1
    end)
    vim.cmd('silent! buffer configuration.nix')
    S.no_diagnostics()
    S.picture()
    return { (asked:gsub('%S+/', '')), unpack(S.with('imports')) }
  end)
end

--- Runs the action of this title on what is selected, or at the cursor.
local function act(title, visual)
  S.choose(title)
  S.changes(function()
    keys((visual or '') .. 'gra')
  end)
end

local function actions()
  feature('quick-fix', 'scratch.nix', function()
    S.diagnostics()
    find('unused')
    act('Remove')
  end)
  feature('fix-all-on-save', 'scratch.nix', function()
    S.diagnostics()
    S.changes(function()
      keys(':write<CR>')
    end)
    S.await('the write', function()
      return not vim.bo.modified
    end)
    local seen = S.lines()
    vim.cmd('silent undo | noautocmd silent write')
    return seen
  end)
  feature('extract-let', 'refactor.nix', function()
    find('\\zswidth \\*')
    act('let', 'vf2')
    return vim.list_slice(S.lines(), 3, 10)
  end)
  feature('extract-function', 'scratch.nix', function()
    S.text('let\n  base = 3;\nin\nmap (x: base + x * x) [ 1 2 ]')
    find('\\zsbase +')
    act('function', 'vt)')
  end)
  feature('extract-file', 'refactor.nix', function()
    find('inner = \\zs{')
    act('./inner.nix', 'v%')
    local seen = S.with('import')
    keys('<Esc>:sbuffer inner.nix<CR>')
    S.await('the new file', function()
      return vim.fn.expand('%:t') == 'inner.nix' and #S.lines() > 1
    end)
    table.insert(seen, 'inner.nix:')
    vim.list_extend(seen, S.lines())
    S.picture()
    vim.fn.delete(S.path('inner.nix'))
    return seen
  end)
  feature('inline', 'refactor.nix', function()
    find('\\zswidth \\*')
    act('by its value')
    return vim.list_slice(S.lines(), 3, 8)
  end)
  feature('with-to-inherit', 'refactor.nix', function()
    find('\\zswith')
    act('inherit')
    return vim.list_slice(S.lines(), 8, 14)
  end)
  feature('flatten', 'refactor.nix', function()
    find('\\zsinner')
    act('latten')
    return S.with('inner')
  end)
  feature('inline-file', 'default.nix', function()
    find('import \\zs')
    act('by what `lib.nix` holds')
    return vim.list_slice(S.lines(), 3, 9)
  end)
  feature('add-formal-and-pass', 'pkgs/hammer.nix', function()
    -- The file that calls it passes what is missing.
    S.text('{ mkTool }:\n\nmkTool {\n  name = heaviest.name;\n  weight = 3;\n}')
    S.diagnostics(function(diagnostic)
      return diagnostic.message:find("'heaviest'", 1, true)
    end)
    find('\\zsheaviest')
    act('and pass it')
    local seen = S.lines()
    S.picture()
    vim.cmd('silent! buffer default.nix')
    return vim.list_extend(vim.list_extend(seen, { 'default.nix:' }), S.with('hammer.nix'))
  end)
  feature('create-file', 'nixos/configuration.nix', function()
    S.text('{ ... }:\n{\n  imports = [ ./made.nix ];\n}')
    S.diagnostics()
    find('made')
    S.choose('Create')
    keys('gra')
    S.await('the file', function()
      return vim.fn.bufnr('made.nix') ~= -1
    end)
    keys(':sbuffer made.nix<CR>')
    S.await('its text', function()
      return vim.fn.expand('%:t') == 'made.nix' and #S.lines()[1] > 0
    end)
    S.picture()
    vim.fn.delete(S.path('nixos/made.nix'))
    return S.lines()
  end)
  feature('sort', 'scratch.nix', function()
    S.text('{\n  nail = 1;\n  # Heavy.\n  anvil = 2;\n}')
    find('{')
    act('Sort')
  end)
  feature('open-page', 'scratch.nix', function()
    local opened
    local open = vim.ui.open
    vim.ui.open = function(url)
      opened = url
      return {}
    end
    find('\\zsmap (')
    S.choose('Open the documentation')
    keys('gra')
    local seen = S.await('a page', function()
      return opened
    end)
    vim.ui.open = open
    return seen
  end)
  feature('nest', 'scratch.nix', function()
    S.text('{\n  box.size = 3;\n}')
    find('box')
    act('est')
  end)
end

local function formats()
  local ragged = '{a,b}:\nlet x=1;\n  y   =   2;in\na+b*x+y'
  feature('format', 'scratch.nix', function()
    S.text(ragged)
    S.changes(function()
      keys(':lua vim.lsp.buf.format()<CR>')
    end)
  end)
  feature('format-range', 'scratch.nix', function()
    S.text('{\n  a=1;\n  y   =   2;\n  z=3;\n}')
    vim.fn.cursor(3, 1)
    S.changes(function()
      keys('gqq')
    end)
  end)
  feature('format-on-type', 'scratch.nix', function()
    S.text('{\n  a = {\n    b = 1;\n        |\n}')
    S.changes(function()
      keys('A}')
    end)
    S.await('it moves', function()
      return S.lines()[4] ~= '        }'
    end)
  end)
  feature('format-on-save', 'refactor.nix', function()
    vim.cmd('silent! undojoin')
    require('nival').config.format_on_save = true
    S.text('{ lib }:\n[lib    lib]')
    keys(':write<CR>')
    S.await('the write', function()
      return not vim.bo.modified
    end)
    require('nival').config.format_on_save = false
    return S.lines()
  end)
end

local function pragmas()
  feature('pragma', 'scratch.nix', function()
    S.diagnostics()
    find('unused')
    keys('O# nival: ignore[sema-unused-def-let] for later<Esc>')
    S.no_diagnostics()
    return S.with('unused')
  end)
end

S.run({ setup = { fix_on_save = true, format_on_type = true } }, function()
  renames()
  actions()
  formats()
  pragmas()
end)
