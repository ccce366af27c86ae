-- The log of builds: one scratch buffer, and a window that follows it.
local M = {}

local NAME = 'nival://log'
-- The oldest lines go when there are more.
local MAX_LINES = 20000

local function buffer()
  local bufnr = vim.fn.bufnr(NAME)
  if bufnr == -1 then
    bufnr = vim.api.nvim_create_buf(false, true)
    vim.api.nvim_buf_set_name(bufnr, NAME)
    vim.bo[bufnr].filetype = 'nival-log'
    vim.bo[bufnr].modifiable = false
    vim.keymap.set('n', 'q', '<Cmd>close<CR>', { buffer = bufnr })
  end
  return bufnr
end

---@param lines string[]
function M.append(lines)
  local bufnr = buffer()
  local clean = vim.tbl_map(function(line)
    -- Colours and cursor movements of the builder.
    return (line:gsub('\27%[[0-9;?]*[%a]', ''):gsub('[\r\n]', ' '))
  end, lines)
  vim.bo[bufnr].modifiable = true
  local empty = vim.api.nvim_buf_line_count(bufnr) == 1 and vim.api.nvim_buf_get_lines(bufnr, 0, 1, false)[1] == ''
  vim.api.nvim_buf_set_lines(bufnr, empty and 0 or -1, -1, false, clean)
  local excess = vim.api.nvim_buf_line_count(bufnr) - MAX_LINES
  if excess > 0 then
    vim.api.nvim_buf_set_lines(bufnr, 0, excess, false, {})
  end
  vim.bo[bufnr].modifiable = false
  for _, window in ipairs(vim.fn.win_findbuf(bufnr)) do
    vim.api.nvim_win_set_cursor(window, { vim.api.nvim_buf_line_count(bufnr), 0 })
  end
end

---@param title string
function M.begin(title)
  M.append({ ('── %s ── %s'):format(title, os.date('%H:%M:%S')) })
end

--- Opens the window; the cursor stays where it is.
function M.open()
  local bufnr = buffer()
  if vim.fn.bufwinid(bufnr) == -1 then
    local window = vim.api.nvim_open_win(bufnr, false, { split = 'below', win = -1, height = 12 })
    vim.wo[window].number = false
    vim.wo[window].wrap = false
    vim.api.nvim_win_set_cursor(window, { vim.api.nvim_buf_line_count(bufnr), 0 })
  end
end

--- The lines so far.
---@return string[]
function M.lines()
  return vim.api.nvim_buf_get_lines(buffer(), 0, -1, false)
end

return M
