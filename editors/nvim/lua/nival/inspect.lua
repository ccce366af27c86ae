-- What the store knows of a derivation, in a window.
local M = {}

local function size(bytes)
  if not bytes or bytes == vim.NIL then
    return '?'
  end
  for _, unit in ipairs({ { 'GiB', 2 ^ 30 }, { 'MiB', 2 ^ 20 }, { 'KiB', 2 ^ 10 } }) do
    if bytes >= unit[2] then
      return ('%.1f %s'):format(bytes / unit[2], unit[1])
    end
  end
  return ('%d bytes'):format(bytes)
end

local function given(value)
  return value ~= nil and value ~= vim.NIL
end

--- The lines of the window.
---@param inspection table
---@return string[]
function M.lines(inspection)
  local lines = { inspection.name, '' }
  local function add(label, value)
    if given(value) then
      table.insert(lines, ('%-12s %s'):format(label, value))
    end
  end
  add('path', inspection.path)
  add('derivation', inspection.drvPath)
  add('built', inspection.valid and 'yes' or 'no')
  if inspection.valid then
    if inspection.realPath ~= inspection.path then
      add('files at', inspection.realPath)
    end
    add('deriver', inspection.deriver)
    add('size', size(inspection.narSize))
    add('closure', ('%s in %s paths'):format(size(inspection.closureSize), given(inspection.closurePaths) and inspection.closurePaths or '?'))
    add('hash', inspection.narHash)
    for _, list in ipairs({ { 'references', inspection.references }, { 'referrers', inspection.referrers } }) do
      table.insert(lines, '')
      table.insert(lines, ('%s (%d)'):format(list[1], #list[2]))
      for _, path in ipairs(list[2]) do
        table.insert(lines, '  ' .. path)
      end
    end
  end
  if given(inspection.log) then
    table.insert(lines, '')
    table.insert(lines, 'build log')
    for _, line in ipairs(inspection.log) do
      table.insert(lines, '  ' .. line)
    end
  end
  return lines
end

---@param arguments any[] the URI of a file and an attribute path
---@param context { client_id: integer, bufnr: integer }
---@param on_done? fun(error: table?, result: table?)
function M.run(arguments, context, on_done)
  local client = assert(vim.lsp.get_client_by_id(context.client_id))
  client:request('workspace/executeCommand', { command = 'nival.inspect', arguments = arguments }, function(error, result)
    if error then
      vim.notify('nival: ' .. error.message, vim.log.levels.ERROR)
    else
      M.show(result)
    end
    if on_done then
      on_done(error, result)
    end
  end, context.bufnr)
end

function M.show(inspection)
  local name = 'nival://inspect'
  local bufnr = vim.fn.bufnr(name)
  if bufnr == -1 then
    bufnr = vim.api.nvim_create_buf(false, true)
    vim.api.nvim_buf_set_name(bufnr, name)
    vim.bo[bufnr].filetype = 'nival-inspect'
    vim.keymap.set('n', 'q', '<Cmd>close<CR>', { buffer = bufnr })
  end
  vim.bo[bufnr].modifiable = true
  vim.api.nvim_buf_set_lines(bufnr, 0, -1, false, M.lines(inspection))
  vim.bo[bufnr].modifiable = false
  if vim.fn.bufwinid(bufnr) == -1 then
    vim.api.nvim_open_win(bufnr, false, { split = 'below', win = 0, height = math.min(18, vim.api.nvim_buf_line_count(bufnr)) })
  end
end

return M
