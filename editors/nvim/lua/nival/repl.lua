-- nixrepl in a terminal beside the text.
local M = {}

---@param target? string a file or flake; this buffer's file if none is given
function M.open(target)
  target = target or vim.api.nvim_buf_get_name(0)
  local command = vim.list_extend(vim.deepcopy(require('nival').config.repl), { target })
  if vim.fn.executable(command[1]) == 0 then
    vim.notify(('nival: %s is not on the PATH'):format(command[1]), vim.log.levels.ERROR)
    return
  end
  vim.cmd('botright 15new')
  vim.fn.jobstart(command, { term = true })
  vim.cmd.startinsert()
end

return M
