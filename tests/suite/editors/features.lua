-- Runs in a Neovim on a terminal: does with the keys what a user does, and writes what the user then sees as JSON to $RESULT.
-- Pictures of the screen are taken by the other side, when a file asks for one.
local result = {}
local co

local function resume()
  local ok, message = coroutine.resume(co)
  if not ok then
    result.failed = debug.traceback(co, message)
    result.messages = vim.fn.execute('messages')
    result.screen = vim.api.nvim_buf_get_lines(0, 0, -1, false)
  end
  if coroutine.status(co) == 'dead' then
    vim.fn.writefile({ vim.json.encode(result) }, vim.env.RESULT)
    vim.cmd('qall!')
  end
end

--- Lets the editor run until a condition holds; what it gives.
local function await(what, condition)
  local deadline = vim.uv.now() + 60000
  while true do
    local value = condition()
    if value then
      return value
    end
    if vim.uv.now() > deadline then
      error('waited for ' .. what)
    end
    vim.defer_fn(resume, 20)
    coroutine.yield()
  end
end

local function pause(milliseconds)
  vim.defer_fn(resume, milliseconds)
  coroutine.yield()
end

local function keys(text)
  vim.api.nvim_input(text)
end

local function picture(name)
  pause(100)
  vim.cmd.redraw()
  local request = vim.env.PICTURES .. '/' .. name
  vim.fn.writefile({}, request)
  await('a picture', function()
    return vim.fn.filereadable(request) == 0
  end)
end

local function lines()
  return vim.api.nvim_buf_get_lines(0, 0, -1, false)
end

--- The line of the cursor, without blanks around it, and the file's name before it.
local function place()
  return vim.fn.expand('%:t') .. ': ' .. vim.trim(vim.api.nvim_get_current_line())
end

local function open(name)
  vim.cmd('silent! edit! ' .. vim.env.PROJECT .. '/' .. name)
  vim.bo.filetype = 'nix'
  await('the server', function()
    return #vim.lsp.get_clients({ name = 'nival', bufnr = 0 }) > 0
  end)
end

--- Puts the cursor on the end of a pattern's match (`\zs` moves it).
local function find(pattern)
  vim.fn.cursor(1, 1)
  assert(vim.fn.search(pattern, 'cw') > 0, 'no ' .. pattern)
end

--- The text of the floating window, once there is one.
local function float()
  return await('a floating window', function()
    for _, window in ipairs(vim.api.nvim_list_wins()) do
      if vim.api.nvim_win_get_config(window).relative ~= '' then
        return table.concat(vim.api.nvim_buf_get_lines(vim.api.nvim_win_get_buf(window), 0, -1, false), '\n')
      end
    end
  end)
end

local function close_floats()
  for _, window in ipairs(vim.api.nvim_list_wins()) do
    if vim.api.nvim_win_get_config(window).relative ~= '' then
      vim.api.nvim_win_close(window, true)
    end
  end
end

--- The entries of the quickfix or location list, once there are some: file, line, text.
local function list(get)
  local items = await('a list', function()
    local found = get()
    return #found > 0 and found
  end)
  vim.cmd('silent! cclose | silent! lclose')
  return vim.tbl_map(function(item)
    return vim.fn.fnamemodify(vim.api.nvim_buf_get_name(item.bufnr), ':t') .. ':' .. item.lnum .. ': ' .. vim.trim(item.text)
  end, items)
end

local function quickfix()
  return list(vim.fn.getqflist)
end

local function loclist()
  return list(function()
    return vim.fn.getloclist(0)
  end)
end

--- Runs a step in a fresh buffer of a file; its edits are thrown away.
local function feature(name, file, run)
  vim.fn.setqflist({})
  close_floats()
  open(file)
  result[name] = run() or lines()
  picture(name)
  close_floats()
  keys('<Esc>')
  pause(50)
  vim.cmd('silent! %bwipeout!')
end

--- Chooses the first entry of a menu that has this text.
local function choose(text)
  vim.ui.select = function(items, options, on_choice)
    local shown = vim.tbl_map(options.format_item or tostring, items)
    result.menu = shown
    for index, item in ipairs(items) do
      if shown[index]:find(text, 1, true) then
        return on_choice(item, index)
      end
    end
    error(text .. ' is not offered: ' .. vim.inspect(shown))
  end
end

local function changed(before)
  await('a change', function()
    return not vim.deep_equal(before, lines())
  end)
  return lines()
end

local features = {
  function()
    feature('diagnostics', 'scratch.nix', function()
      local found = await('diagnostics', function()
        local all = vim.diagnostic.get(0)
        return #all > 0 and all
      end)
      return vim.tbl_map(function(diagnostic)
        return diagnostic.code .. ': ' .. diagnostic.message
      end, found)
    end)
  end,
  function()
    feature('hover', 'default.nix', function()
      find('\\zshammer = call')
      keys('K')
      return (float():gsub('/[^ ]*/store/%w+', '/nix/store/…'))
    end)
  end,
  function()
    feature('completion', 'scratch.nix', function()
      find('weights')
      keys('Ofirst = tools.ha')
      await('the text', function()
        return vim.api.nvim_get_current_line():find('tools.ha', 1, true)
      end)
      keys('<C-x><C-o>')
      local items = await('a menu', function()
        local info = vim.fn.complete_info({ 'items', 'pum_visible' })
        return info.pum_visible == 1 and info.items
      end)
      picture('completion-menu')
      keys('<C-n><C-y>;<Esc>')
      pause(100)
      local seen = vim.tbl_map(function(item)
        return item.word
      end, items)
      table.insert(seen, vim.trim(vim.api.nvim_get_current_line()))
      return seen
    end)
  end,
  function()
    feature('definition', 'default.nix', function()
      find('lib.\\zsheavier')
      keys('<C-]>')
      await('another file', function()
        return vim.fn.expand('%:t') == 'lib.nix'
      end)
      return place()
    end)
  end,
  function()
    feature('references', 'default.nix', function()
      find('^  \\zspackages')
      keys('grr')
      return quickfix()
    end)
  end,
  function()
    feature('highlight', 'default.nix', function()
      find('^  \\zsheaviest')
      vim.lsp.buf.document_highlight()
      local namespace = await('highlights', function()
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
      return namespace
    end)
  end,
  function()
    feature('rename', 'default.nix', function()
      find('^  \\zspackages')
      local before = lines()
      vim.ui.input = function(options, on_done)
        result.rename_prompt = options.default
        on_done('tools')
      end
      keys('grn')
      return vim.tbl_filter(function(line)
        return line:find('tools', 1, true)
      end, changed(before))
    end)
  end,
  function()
    feature('quickfix', 'scratch.nix', function()
      await('diagnostics', function()
        return #vim.diagnostic.get(0) > 0
      end)
      find('unused')
      choose('emove')
      local before = lines()
      keys('gra')
      return changed(before)
    end)
  end,
  function()
    feature('symbols', 'default.nix', function()
      keys('gO')
      return loclist()
    end)
  end,
  function()
    feature('folding', 'default.nix', function()
      vim.wo.foldmethod = 'expr'
      vim.wo.foldexpr = 'v:lua.vim.lsp.foldexpr()'
      local closed = await('folds', function()
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
      picture('folding-closed')
      vim.wo.foldmethod = 'manual'
      return closed
    end)
  end,
  function()
    feature('selection', 'scratch.nix', function()
      find('tools.\\zshammer tools')
      vim.lsp.buf.selection_range(1)
      pause(500)
      vim.lsp.buf.selection_range(1)
      pause(500)
      keys('"zy')
      return await('a selection', function()
        local text = vim.fn.getreg('z')
        return text ~= '' and text
      end)
    end)
  end,
  function()
    feature('signature', 'default.nix', function()
      find('lib.heavier packages.hammer\\zs packages')
      keys('i <C-s>')
      local shown = float()
      picture('signature-help')
      keys('<Esc>')
      return shown
    end)
  end,
  function()
    feature('inlay', 'default.nix', function()
      vim.lsp.inlay_hint.enable(true)
      return await('inlay hints', function()
        local hints = vim.tbl_map(function(hint)
          local label = hint.inlay_hint.label
          return hint.inlay_hint.position.line + 1 .. ': ' .. (type(label) == 'string' and label or label[1].value)
        end, vim.lsp.inlay_hint.get({ bufnr = 0 }))
        return #hints > 0 and hints
      end)
    end)
  end,
  function()
    feature('format', 'scratch.nix', function()
      local before = { '{a,b}:', 'let x=1;in', 'a+b*x' }
      vim.api.nvim_buf_set_lines(0, 0, -1, false, before)
      vim.lsp.buf.format({ async = true })
      return changed(before)
    end)
  end,
  function()
    feature('tokens', 'scratch.nix', function()
      find('map (\\zstool')
      return await('semantic tokens', function()
        local found = vim.lsp.semantic_tokens.get_at_pos()
        return found
          and found[1]
          and vim.tbl_map(function(token)
            return token.type .. ' ' .. table.concat(vim.fn.sort(vim.tbl_keys(token.modifiers)), ',')
          end, found)
      end)
    end)
  end,
}

co = coroutine.create(function()
  vim.opt.runtimepath:append(vim.env.PLUGIN)
  vim.opt.swapfile = false
  vim.opt.completeopt = { 'menuone', 'noselect' }
  vim.opt.termguicolors = true
  vim.cmd('runtime plugin/nival.lua')
  -- Neovim 0.12 still asks for the lenses of a buffer that is gone.
  require('nival').setup({ log = 'never', trusted = true, code_lens = false })
  vim.lsp.config('nival', { settings = { nival = { inlayHints = { bindingEndMinLines = 4 } } } })
  vim.lsp.enable('nival')
  vim.diagnostic.config({ virtual_text = true })
  for _, run in ipairs(features) do
    run()
  end
end)
vim.schedule(resume)
