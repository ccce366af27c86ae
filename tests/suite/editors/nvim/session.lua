-- A Neovim on a terminal: does with the keys what a user does, and writes what the user then sees as JSON to $RESULT.
-- Pictures of the screen are taken by the other side, when a file in $PICTURES asks for one.
local S = { result = {} }
local co
-- In milliseconds.
local PATIENCE = 30000

--- Notes what went wrong, and what the user saw of it.
function S.failed(message)
  S.result.failed = S.result.failed or {}
  table.insert(S.result.failed, {
    feature = S.current,
    message = message,
    messages = vim.fn.execute('messages'),
    mode = vim.api.nvim_get_mode().mode,
    buffer = vim.api.nvim_buf_get_name(0),
    text = vim.api.nvim_buf_get_lines(0, math.max(0, vim.fn.line('.') - 20), vim.fn.line('.') + 20, false),
    shown = vim.list_slice(S.shown or {}, #(S.shown or {}) - 5),
    diagnostics = vim.tbl_map(function(diagnostic)
      return ('%d: %s'):format(diagnostic.lnum + 1, diagnostic.message)
    end, vim.diagnostic.get(0)),
  })
end

local function resume()
  local ok, message = coroutine.resume(co)
  if not ok then
    S.failed(debug.traceback(co, message))
  end
  if coroutine.status(co) == 'dead' then
    vim.fn.writefile({ vim.json.encode(S.result) }, vim.env.RESULT)
    vim.cmd('qall!')
  end
end

--- Lets the editor run until a condition holds; what it gives.
function S.await(what, condition)
  local deadline = vim.uv.now() + (tonumber(vim.env.PATIENCE) or PATIENCE)
  while true do
    local value = condition()
    if S.broken then
      local broken = S.broken
      S.broken = nil
      error(broken, 2)
    end
    if value then
      return value
    end
    if vim.uv.now() > deadline then
      error('waited for ' .. what, 2)
    end
    vim.defer_fn(resume, 10)
    coroutine.yield()
  end
end

--- Lets what is typed, scheduled and drawn happen.
function S.settle()
  local typed = false
  S.await('the keys', function()
    local now = vim.fn.getchar(1) == 0 and not vim.api.nvim_get_mode().blocking
    local twice = typed and now
    typed = now
    return twice
  end)
end

function S.keys(text)
  vim.api.nvim_input(text)
end

--- A picture of the screen as it is now.
function S.picture(name)
  S.settle()
  vim.cmd.redraw()
  local request = vim.env.PICTURES .. '/' .. (name or S.current)
  vim.fn.writefile({}, request)
  S.await('a picture', function()
    return vim.fn.filereadable(request) == 0
  end)
  S.pictured = true
end

function S.lines()
  return vim.api.nvim_buf_get_lines(0, 0, -1, false)
end

--- The lines that have a text in them.
function S.with(text)
  return vim.tbl_filter(function(line)
    return line:find(text, 1, true) ~= nil
  end, S.lines())
end

--- The line of the cursor, without blanks around it, and the file's name before it.
function S.place()
  return vim.fn.expand('%:t') .. ':' .. vim.fn.line('.') .. ': ' .. vim.trim(vim.api.nvim_get_current_line())
end

function S.client()
  return vim.lsp.get_clients({ name = 'nival', bufnr = 0 })[1]
end

function S.path(name)
  return vim.env.PROJECT .. '/' .. name
end

function S.open(name)
  vim.cmd('silent! edit! ' .. S.path(name))
  if vim.bo.filetype ~= 'nix' then
    vim.bo.filetype = 'nix'
  end
  S.await('the server', function()
    return S.client() ~= nil and S.client().initialized
  end)
end

--- Puts the cursor on the begin of a pattern's match (`\zs` moves it).
function S.find(pattern)
  vim.fn.cursor(1, 1)
  assert(vim.fn.search(pattern, 'cW') > 0, 'no ' .. pattern)
end

--- Replaces the whole text, and puts the cursor at the first `|`; the key that inserts there.
function S.text(text)
  local row, col
  local lines = vim.split(text, '\n')
  for index, line in ipairs(lines) do
    local at = line:find('|', 1, true)
    if at and not row then
      row, col = index, at - 1
      lines[index] = line:sub(1, at - 1) .. line:sub(at + 1)
    end
  end
  vim.api.nvim_buf_set_lines(0, 0, -1, false, lines)
  if row then
    vim.api.nvim_win_set_cursor(0, { row, col })
    return col < #lines[row] and 'i' or 'A'
  end
end

local function floating()
  return vim.tbl_filter(function(window)
    return vim.api.nvim_win_get_config(window).relative ~= ''
  end, vim.api.nvim_list_wins())
end

--- The text of the floating window, once there is one.
function S.float()
  return S.await('a floating window', function()
    local window = floating()[1]
    return window and table.concat(vim.api.nvim_buf_get_lines(vim.api.nvim_win_get_buf(window), 0, -1, false), '\n')
  end)
end

function S.close_floats()
  for _, window in ipairs(floating()) do
    vim.api.nvim_win_close(window, true)
  end
end

--- The entries of the quickfix or location list, once there are some: file, line, text.
local function list(get)
  local items = S.await('a list', function()
    local found = get()
    return #found > 0 and found
  end)
  return vim.tbl_map(function(item)
    return vim.fn.fnamemodify(vim.api.nvim_buf_get_name(item.bufnr), ':t') .. ':' .. item.lnum .. ': ' .. vim.trim(item.text)
  end, items)
end

function S.quickfix()
  return list(vim.fn.getqflist)
end

function S.loclist()
  return list(function()
    return vim.fn.getloclist(0)
  end)
end

--- The words of the completion menu, once it is open and has one of them.
function S.menu(word)
  return S.await('a menu with ' .. word, function()
    local info = vim.fn.complete_info({ 'items', 'pum_visible' })
    local words = vim.tbl_map(function(item)
      return item.abbr ~= '' and item.abbr or item.word
    end, info.items or {})
    return info.pum_visible == 1 and vim.list_contains(words, word) and words
  end)
end

--- What notifications have said so far, once one has a text.
function S.message(text)
  return S.await('the message ' .. text, function()
    for line in vim.gsplit(vim.fn.execute('messages'), '\n') do
      if line:find(text, 1, true) then
        return line
      end
    end
  end)
end

--- Diagnostics of the buffer that fit, once there are some.
function S.diagnostics(fits)
  return S.await('diagnostics', function()
    local all = vim.diagnostic.get(0)
    if fits then
      all = vim.tbl_filter(fits, all)
    end
    return #all > 0
      and vim.tbl_map(function(diagnostic)
        return ('%d: %s: %s'):format(diagnostic.lnum + 1, diagnostic.code, diagnostic.message)
      end, all)
  end)
end

function S.no_diagnostics()
  S.await('no diagnostics', function()
    return #vim.diagnostic.get(0) == 0
  end)
end

--- Chooses the first entry of a menu that has this text; what the menu shows.
function S.choose(text)
  local seen = {}
  vim.ui.select = function(items, options, on_choice)
    local shown = vim.tbl_map(options.format_item or tostring, items)
    vim.list_extend(seen, shown)
    for index, item in ipairs(items) do
      if shown[index]:find(text, 1, true) then
        return on_choice(item, index)
      end
    end
    S.broken = text .. ' is not offered: ' .. vim.inspect(shown)
  end
  return seen
end

--- The text, once it is another than it was.
function S.changed(before)
  S.await('a change', function()
    return not vim.deep_equal(before, S.lines())
  end)
  return S.lines()
end

--- Does something, and waits for the text to change by it.
function S.changes(run)
  local before = S.lines()
  run()
  return S.changed(before)
end

--- One row of the table: run in a fresh buffer of a file, with a picture of what is seen at its end; edits are thrown away.
function S.feature(name, file, run)
  S.current, S.pictured = name, false
  vim.fn.setqflist({})
  S.close_floats()
  vim.cmd('silent! messages clear')
  local ok, message = xpcall(function()
    S.open(file)
    S.result[name] = run() or S.lines()
    if not S.pictured then
      S.picture()
    end
  end, debug.traceback)
  if not ok then
    S.failed(message)
  end
  S.close_floats()
  vim.cmd('silent! cclose | silent! lclose')
  vim.snippet.stop()
  S.keys('<C-\\><C-n>')
  S.await('normal mode', function()
    return vim.api.nvim_get_mode().mode == 'n'
  end)
  S.settle()
  vim.cmd('silent! %bwipeout!')
end

--- Starts: `options` as the user's own setup has them.
function S.run(options, main)
  vim.opt.runtimepath:append(vim.env.PLUGIN)
  vim.opt.swapfile = false
  vim.opt.termguicolors = true
  vim.opt.shortmess:append('I')
  -- Nobody presses Enter.
  vim.opt.messagesopt = 'wait:0,history:500'
  vim.cmd('runtime plugin/nival.lua')
  -- Neovim 0.12 still asks for the lenses of a buffer that is gone.
  local defaults = { log = 'never', trusted = true, code_lens = false }
  require('nival').setup(vim.tbl_extend('force', defaults, options.setup or {}))
  vim.lsp.config('nival', { settings = { nival = options.settings or {} } })
  vim.lsp.enable('nival')
  vim.diagnostic.config({ virtual_text = true })
  co = coroutine.create(function()
    main()
    S.current = nil
  end)
  vim.schedule(resume)
end

return S
