-- Links: Neovim's own |gx| knows addresses only, and no file that the server finds when it is asked.
local M = {}

local function holds(range, position)
  local function before(a, b)
    return a.line < b.line or a.line == b.line and a.character <= b.character
  end
  return before(range.start, position) and before(position, range['end'])
end

--- Opens what the path or address under the cursor leads to: files here, all else with |vim.ui.open()|.
function M.open()
  local client = require('nival').client()
  if not client then
    return
  end
  local bufnr = vim.api.nvim_get_current_buf()
  local params = vim.lsp.util.make_position_params(0, client.offset_encoding)
  local function follow(link)
    if not link or not link.target then
      vim.notify('nival: nothing is linked here', vim.log.levels.WARN)
    elseif vim.startswith(link.target, 'file:') then
      vim.cmd("normal! m'")
      vim.lsp.util.show_document({ uri = link.target }, client.offset_encoding, { focus = true })
    else
      vim.ui.open(link.target)
    end
  end
  client:request('textDocument/documentLink', { textDocument = params.textDocument }, function(_, links)
    for _, link in ipairs(links or {}) do
      if holds(link.range, params.position) then
        if link.target then
          return follow(link)
        end
        return client:request('documentLink/resolve', link, function(_, resolved)
          follow(resolved)
        end, bufnr)
      end
    end
    follow(nil)
  end, bufnr)
end

return M
