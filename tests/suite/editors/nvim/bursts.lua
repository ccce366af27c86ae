-- What users do in bursts: after each, what is shown must be what the text is by then.
local S = dofile(vim.env.SCRIPTS .. '/session.lua')
local feature, find, keys = S.feature, S.find, S.keys

--- What a hover over the first match says.
local function hover(pattern)
  S.close_floats()
  find(pattern)
  keys('K')
  return S.float()
end

local function typing()
  feature('fast-typing', 'scratch.nix', function()
    -- Every key with the menu open or about to open.
    keys(S.text('let\n  tools = import ./. { };\nin\n|'))
    for _, part in ipairs({ '[ tools.hammer.we', 'ight tools.bench.na', 'me tools.co', 'unt tool', 's.heaviest.wei' }) do
      keys(part)
      S.await('the text', function()
        return vim.api.nvim_get_current_line():find(part, 1, true)
      end)
    end
    local words = S.menu('weight')
    S.picture()
    keys('<C-n><C-y> ]<Esc>')
    S.await('the text', function()
      return vim.api.nvim_get_current_line():find(' ]', 1, true)
    end)
    S.no_diagnostics()
    table.insert(words, vim.api.nvim_get_current_line())
    return words
  end)
  feature('half-typed', 'scratch.nix', function()
    -- From one word that is no Nix yet to a whole text; names that are missing are told.
    keys(S.text('|'))
    for _, part in ipairs({ 'let a', ' = {', ' b = ', '1; }', '; in ', 'a.b', ' + a', '.missing' }) do
      keys(part)
      S.await('the text', function()
        return vim.api.nvim_get_current_line():find(part, 1, true)
      end)
    end
    keys('<Esc>')
    return S.await('what is missing', function()
      for _, diagnostic in ipairs(vim.diagnostic.get(0)) do
        if diagnostic.code == 'missing-attribute' then
          return diagnostic.message
        end
      end
    end)
  end)
  feature('undo-and-redo', 'scratch.nix', function()
    local before = S.lines()
    for index = 1, 20 do
      keys(('gg0cwlet x%d = %d;<Esc>'):format(index, index))
    end
    S.await('the text', function()
      return S.lines()[1]:find('x20', 1, true)
    end)
    keys('20u')
    S.await('the text of before', function()
      return vim.deep_equal(S.lines(), before)
    end)
    local function one()
      local all = vim.diagnostic.get(0)
      return #all == 1 and all[1].message:find('unused', 1, true)
    end
    S.await('the diagnostics of before', one)
    keys('<C-r>')
    S.await('the first edit', function()
      return S.lines()[1]:find('x1', 1, true)
    end)
    S.diagnostics(function(diagnostic)
      return diagnostic.message:find('x1', 1, true)
    end)
    keys('u')
    S.await('the diagnostics of before', one)
    return { S.diagnostics()[1], hover('weights') }
  end)
  feature('reload', 'scratch.nix', function()
    keys('ggdGiundefined_name<Esc>')
    S.diagnostics(function(diagnostic)
      return diagnostic.message:find('undefined_name', 1, true)
    end)
    keys(':edit!<CR>')
    S.await('the file', function()
      return #S.lines() > 3
    end)
    S.await('its diagnostics', function()
      local all = vim.diagnostic.get(0)
      return #all == 1 and all[1].message:find('unused', 1, true)
    end)
    local token = S.await('its colours', function()
      find('\\zsgreeting')
      local found = vim.lsp.semantic_tokens.get_at_pos()
      return found and found[1]
    end)
    return { S.diagnostics()[1], token.type, hover('greeting =') }
  end)
end

local function evaluation()
  feature('save-while-evaluating', 'busy.nix', function()
    S.text('{\n  busy = builtins.foldl\' (a: b: a + b) 0 (builtins.genList (x: x) 100000000);\n  value = throw "first";\n  size = 1;\n}')
    keys(':write<CR>')
    find('busy')
    keys('K')
    -- The server is at it; the user goes on.
    keys(':%s/100000000/10/<CR>:write<CR>')
    S.await('the write', function()
      return not vim.bo.modified and S.lines()[2]:find(' 10)', 1, true)
    end)
    local seen = S.await('the new value', function()
      local text = hover('busy')
      return text:find('45', 1, true) and text
    end)
    S.picture()
    vim.fn.delete(S.path('busy.nix'))
    return seen
  end)
end

local function sizes()
  feature('large-file', 'large.nix', function()
    local text = { 'rec {' }
    for index = 1, 22000 do
      text[#text + 1] = ('  package-%d = { name = "package-%d"; size = %d; };'):format(index, index, index)
    end
    text[#text + 1] = '}'
    vim.api.nvim_buf_set_lines(0, 0, -1, false, text)
    assert(vim.fn.wordcount().bytes > 1e6, 'a MB')
    vim.fn.cursor(11002, 1)
    keys('o  last = package-21999.si')
    local words = S.menu('size')
    keys('<C-n><C-y>;<Esc>')
    S.await('the text', function()
      return vim.trim(vim.api.nvim_get_current_line()) == 'last = package-21999.size;'
    end)
    S.no_diagnostics()
    keys(':call search("package-\\\\d", "b")<CR>K')
    S.float()
    S.picture()
    S.close_floats()
    keys('jjo  wrong = package-99999;<Esc>')
    local wrong = S.diagnostics(function(diagnostic)
      return diagnostic.message:find('package-99999', 1, true)
    end)
    return vim.list_extend(words, wrong)
  end)
end

local function git(...)
  local done = vim.system({ 'git', '-c', 'user.name=t', '-c', 'user.email=t@example.org', ... }, { cwd = S.path('branches') }):wait()
  assert(done.code == 0, done.stderr)
end

local function write_all(value)
  for index = 1, 200 do
    local file = assert(io.open(S.path(('branches/part-%d.nix'):format(index)), 'w'))
    file:write(('{ %s = %d; }\n'):format(value, index))
    file:close()
  end
end

local function branches()
  vim.fn.mkdir(S.path('branches'), 'p')
  git('init', '--quiet', '--initial-branch=main')
  write_all('old')
  git('add', '.')
  git('commit', '--quiet', '--message', 'one')
  git('checkout', '--quiet', '-b', 'other')
  write_all('new')
  git('commit', '--quiet', '--all', '--message', 'two')
  git('checkout', '--quiet', 'main')
  feature('switch-branches', 'scratch.nix', function()
    local text = {}
    for _, index in ipairs({ 1, 100, 200 }) do
      text[#text + 1] = ('(import ./branches/part-%d.nix).old'):format(index)
    end
    S.text('[\n  ' .. table.concat(text, '\n  ') .. '\n]')
    S.no_diagnostics()
    git('checkout', '--quiet', 'other')
    local missing = S.await('what is missing now', function()
      local found = vim.tbl_filter(function(diagnostic)
        return diagnostic.message:find('old', 1, true) ~= nil
      end, vim.diagnostic.get(0))
      return #found >= 3 and S.diagnostics(function(diagnostic)
        return diagnostic.code == 'missing-attribute'
      end)
    end)
    S.picture()
    git('checkout', '--quiet', 'main')
    S.no_diagnostics()
    return missing
  end)
end

S.run({ setup = { completion = true } }, function()
  typing()
  evaluation()
  sizes()
  branches()
end)
