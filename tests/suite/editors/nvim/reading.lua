-- What the user asks for and sees.
local S = dofile(vim.env.SCRIPTS .. '/session.lua')
local feature, find, keys = S.feature, S.find, S.keys

--- Types, and what the menu then offers; accepts an entry.
local function complete(name, text, typed, word)
  feature(name[1], name[2] or 'scratch.nix', function()
    keys(S.text(text) .. typed)
    local words = S.menu(word)
    S.picture()
    -- The entry may be any of the list: down to it, then accept.
    for _, shown in ipairs(words) do
      keys('<C-n>')
      if shown == word then
        break
      end
    end
    keys('<C-y>')
    S.await('the menu to close', function()
      return vim.fn.pumvisible() == 0
    end)
    S.settle()
    local seen = vim.list_slice(words, 1, 12)
    vim.list_extend(seen, { '→' })
    return vim.list_extend(seen, S.lines())
  end)
end

local function completions()
  complete({ 'completion-names' }, 'let greeting = 1; greedy = 2; in |', 'gre', 'greeting')
  complete({ 'completion-attributes' }, 'let tools = import ./. { }; in |', 'tools.ha', 'hammer')
  complete({ 'completion-options', 'nixos/configuration.nix' }, '{ ... }: {\n  imports = [ ./greeter.nix ];\n  |\n}', 'services.greeter.', 'volume')
  complete(
    { 'completion-option-values', 'nixos/configuration.nix' },
    '{ ... }: {\n  imports = [ ./greeter.nix ];\n  services.greeter.volume = |;\n}',
    '"',
    'high'
  )
  complete({ 'completion-arguments' }, 'import ./pkgs/bench.nix { | }', 'w', 'weight')
  complete({ 'completion-inherit' }, 'let tools = import ./. { }; in { inherit (tools) | ; }', 'ben', 'bench')
  complete({ 'completion-paths' }, '[ | ]', './pkgs/', 'hammer.nix')
  complete({ 'completion-flake', 'flake/flake.nix' }, '{\n  inputs.nixpkgs.|\n  outputs = { self, nixpkgs }: { };\n}', 'ur', 'url')
  complete({ 'completion-keywords' }, '|', 'asser', 'assert')
  feature('completion-documentation', 'scratch.nix', function()
    keys(S.text('let tools = 1; in |') .. 'builtins.elemA')
    S.menu('elemAt')
    keys('<C-n>')
    local shown = S.float()
    S.picture()
    return shown
  end)
end

local function look()
  feature('hover', 'default.nix', function()
    find('\\zshammer = call')
    keys('K')
    return S.float()
  end)
  feature('hover-documentation', 'default.nix', function()
    find('lib.\\zslength')
    keys('K')
    return S.float()
  end)
  feature('hover-option', 'nixos/configuration.nix', function()
    find('greeter.\\zsenable')
    keys('K')
    return S.float()
  end)
  feature('signature-help', 'default.nix', function()
    find('lib.heavier packages.hammer\\zs packages')
    keys('i <C-s>')
    return S.float()
  end)
  feature('diagnostics', 'scratch.nix', function()
    return S.diagnostics()
  end)
  feature('diagnostics-across-files', 'scratch.nix', function()
    S.text('let\n  tools = import ./. { };\nin\n[ tools.hamer (import ./pkgs/hammer.nix { }) ]')
    return S.await('both', function()
      local all = S.diagnostics()
      return #all > 1 and all
    end)
  end)
  feature('diagnostics-evaluated', 'scratch.nix', function()
    S.text('{\n  weight = builtins.div 3 (1 - 1);\n}')
    return S.diagnostics()
  end)
  feature('diagnostics-related', 'twice.nix', function()
    S.diagnostics()
    find('name = "two')
    keys('<C-w>d')
    return S.float()
  end)
  feature('diagnostics-page', 'scratch.nix', function()
    S.diagnostics()
    find('unused')
    keys('grd')
    S.await('the page', function()
      return vim.fn.expand('%:e') == 'md'
    end)
    return { vim.fn.expand('%:t'), unpack(vim.list_slice(S.lines(), 1, 4)) }
  end)
  feature('workspace-diagnostics', 'scratch.nix', function()
    -- Of a file that nobody has opened.
    keys('grw')
    local seen
    S.await('the other file', function()
      seen = #vim.fn.getqflist() > 0 and S.quickfix() or {}
      return vim.iter(seen):any(function(line)
        return vim.startswith(line, 'twice.nix')
      end)
    end)
    return seen
  end)
  feature('semantic-tokens', 'scratch.nix', function()
    local seen = {}
    for _, place in ipairs({ '\\zstools =', '\\zsunused', 'map (\\zstool', '\\zsmap (', './\\zs.' }) do
      find(place)
      local tokens = S.await('semantic tokens', function()
        local found = vim.lsp.semantic_tokens.get_at_pos()
        return found and found[1] and found
      end)
      -- The colour that it ends up with, and what gave it.
      local shown = vim.inspect_pos().semantic_tokens
      table.sort(shown, function(a, b)
        return (a.opts.priority or 0) < (b.opts.priority or 0)
      end)
      local groups = vim.tbl_map(function(mark)
        return mark.opts.hl_group
      end, shown)
      table.insert(seen, ('%s %s: %s'):format(vim.fn.expand('<cword>'), tokens[1].type, groups[#groups]))
    end
    return seen
  end)
  feature('inlay-hints', 'default.nix', function()
    return S.await('inlay hints', function()
      local hints = vim.tbl_map(function(hint)
        local label = hint.inlay_hint.label
        return hint.inlay_hint.position.line + 1 .. ': ' .. (type(label) == 'string' and label or label[1].value)
      end, vim.lsp.inlay_hint.get({ bufnr = 0 }))
      return #hints > 0 and hints
    end)
  end)
  feature('inlay-hints-parameters', 'scratch.nix', function()
    require('nival').configure({ inlayHints = { parameterNames = true } })
    S.text('let\n  scale = factor: size: factor * size;\nin\nscale 2 3')
    local seen = S.await('inlay hints', function()
      local hints = vim.tbl_map(function(hint)
        local label = hint.inlay_hint.label
        return type(label) == 'string' and label or label[1].value
      end, vim.lsp.inlay_hint.get({ bufnr = 0 }))
      return #hints > 0 and hints
    end)
    S.picture()
    require('nival').configure({ inlayHints = { parameterNames = false } })
    return seen
  end)
  feature('document-highlight', 'default.nix', function()
    vim.o.updatetime = 50
    find('^  \\zsheaviest')
    -- Only keys make a cursor rest.
    keys('l')
    local seen = S.await('highlights', function()
      local found = {}
      for name, id in pairs(vim.api.nvim_get_namespaces()) do
        if name:find('lsp') then
          for _, mark in ipairs(vim.api.nvim_buf_get_extmarks(0, id, 0, -1, { details = true })) do
            if (mark[4].hl_group or ''):find('^LspReference') then
              table.insert(found, mark[2] + 1 .. ': ' .. mark[4].hl_group)
            end
          end
        end
      end
      table.sort(found)
      return #found > 0 and found
    end)
    vim.o.updatetime = 4000
    return seen
  end)
  feature('folding', 'default.nix', function()
    local closed = S.await('folds', function()
      vim.cmd('silent! normal! zM')
      local found = {}
      local line = 1
      while line <= vim.fn.line('$') do
        local last = vim.fn.foldclosedend(line)
        if last > 0 then
          table.insert(found, line .. '-' .. last)
          line = last
        end
        line = line + 1
      end
      return #found > 0 and found
    end)
    S.picture()
    vim.cmd('normal! zR')
    return closed
  end)
  feature('selection-ranges', 'scratch.nix', function()
    find('tools.\\zshammer tools')
    local seen = {}
    keys('v')
    for count = 1, 3 do
      keys('an')
      S.await('a selection', function()
        local text = table.concat(vim.fn.getregion(vim.fn.getpos('v'), vim.fn.getpos('.')), '\n')
        if #text > 1 and text ~= seen[#seen] then
          table.insert(seen, text)
        end
        return #seen == count
      end)
    end
    return seen
  end)
  feature('document-links', 'flake/flake.nix', function()
    local opened
    local open = vim.ui.open
    vim.ui.open = function(url)
      opened = url
    end
    find('nix\\zs.dev')
    keys('gx')
    local seen = { S.await('a link', function()
      return opened
    end) }
    S.open('default.nix')
    find('./\\zslib')
    keys('gx')
    S.await('the file', function()
      return vim.fn.expand('%:t') == 'lib.nix'
    end)
    table.insert(seen, S.place())
    vim.ui.open = open
    return seen
  end)
end

local function go(name, keystrokes, pattern, file)
  feature(name, file or 'default.nix', function()
    find(pattern)
    local from = S.place()
    keys(keystrokes)
    S.await('another place', function()
      return S.place() ~= from
    end)
    return S.place()
  end)
end

local function navigate()
  go('definition', 'gd', 'lib.\\zsheavier')
  go('definition-import', 'gd', './l\\zsib.nix')
  go('declaration', 'gD', 'inherit heav\\zsiest')
  go('type-definition', 'grt', 'packages.h\\zsammer')
  go('implementation', 'gri', 'lib.\\zsheavier')
  feature('references', 'default.nix', function()
    find('^  \\zspackages')
    keys('grr')
    return S.quickfix()
  end)
  feature('document-symbols', 'default.nix', function()
    keys('gO')
    return S.loclist()
  end)
  feature('workspace-symbols', 'scratch.nix', function()
    local seen
    -- The index may still be on its way.
    S.await('symbols', function()
      vim.fn.setqflist({})
      keys('gWheav<CR>')
      S.await('an answer', function()
        return vim.fn.mode() == 'n' and #vim.fn.getqflist() > 0
      end)
      seen = S.quickfix()
      return #seen > 1
    end)
    return seen
  end)
  feature('incoming-calls', 'lib.nix', function()
    find('\\zsheavier =')
    keys('grc')
    return S.quickfix()
  end)
  feature('outgoing-calls', 'scratch.nix', function()
    S.text('let\n  twice = x: half x + half x;\n  half = x: x / 2;\nin\ntwice 3')
    find('twice')
    keys('gro')
    return S.quickfix()
  end)
  go('parent-module', 'grp', '\\zsmkTool {', 'pkgs/hammer.nix')
end

S.run({ setup = { completion = true, folding = true }, settings = { inlayHints = { bindingEndMinLines = 4 } } }, function()
  completions()
  look()
  navigate()
end)
