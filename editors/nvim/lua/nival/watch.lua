-- Files that others change: another branch, a generator, another editor. On Linux and the BSDs Neovim watches for nobody, and what it
-- has for that sees the uppermost folder only; so this watches every folder of the workspace itself. Elsewhere Neovim does it.
local M = {}

local uv = vim.uv
-- More folders than this are not watched: the system has a limit for all of a user's programs.
local MAX_FOLDERS = 60000
-- Changes come in bursts; they are told when there have been none for so long, in milliseconds.
local QUIET = 100
local IGNORED = { ['.git'] = true, ['.hg'] = true, ['.jj'] = true, ['node_modules'] = true, ['.direnv'] = true }
local CREATED, CHANGED, DELETED = 1, 2, 3

--- What evaluation may read and the server wants to hear of.
local function matters(name)
  local suffix = name:match('%.(%w+)$')
  return suffix ~= nil and ({ nix = true, lock = true, json = true, toml = true, sh = true, patch = true })[suffix] == true
end

---@class nival.Watch
---@field client vim.lsp.Client
---@field handles table<string, uv.uv_fs_event_t> by folder
---@field count integer
---@field changes table<string, integer>
---@field timer uv.uv_timer_t
local Watch = {}
Watch.__index = Watch

--- Client id to its watch.
local watches = {}

function Watch:tell()
  local changes = self.changes
  self.changes = {}
  local events = {}
  for path, kind in pairs(changes) do
    events[#events + 1] = { uri = vim.uri_from_fname(path), type = kind }
  end
  if #events > 0 and not self.client:is_stopped() then
    table.sort(events, function(a, b)
      return a.uri < b.uri
    end)
    self.client:notify('workspace/didChangeWatchedFiles', { changes = events })
  end
end

function Watch:note(path, kind)
  if self.stopped then
    return
  end
  self.changes[path] = kind
  self.timer:start(QUIET, 0, vim.schedule_wrap(function()
    if not self.stopped then
      self:tell()
    end
  end))
end

--- Something of this name in a watched folder is new, other or gone.
function Watch:happened(path, name, renamed)
  uv.fs_lstat(path, function(_, stat)
    if self.stopped then
      return
    elseif stat and stat.type == 'directory' then
      if not IGNORED[name] then
        self:add(path, true)
      end
    elseif self.handles[path] then
      self:remove(path)
      self:note(path, DELETED)
    elseif matters(name) then
      self:note(path, not stat and DELETED or renamed and CREATED or CHANGED)
    end
  end)
end

--- A folder is gone, with all below it.
function Watch:remove(folder)
  for path, handle in pairs(self.handles) do
    if path == folder or vim.startswith(path, folder .. '/') then
      handle:close()
      self.handles[path] = nil
      self.count = self.count - 1
    end
  end
end

--- Watches a folder and what is below it. What is in one that is `fresh` is news itself.
function Watch:add(folder, fresh)
  if self.stopped or self.handles[folder] then
    return
  end
  local handle = self.count < MAX_FOLDERS and uv.new_fs_event()
  local started = handle
    and handle:start(folder, {}, function(failure, name, events)
      if not failure and name then
        self:happened(folder .. '/' .. name, name, events.rename)
      end
    end)
  if not started then
    if handle then
      handle:close()
    end
    if not self.warned then
      self.warned = true
      vim.schedule(function()
        vim.notify('nival: not all folders can be watched; what others change in the rest is not noticed', vim.log.levels.WARN)
      end)
    end
    return
  end
  self.handles[folder] = handle
  self.count = self.count + 1
  uv.fs_scandir(folder, function(_, entries)
    while entries and not self.stopped do
      local name, kind = uv.fs_scandir_next(entries)
      if not name then
        break
      elseif kind == 'directory' and not IGNORED[name] then
        self:add(folder .. '/' .. name, fresh)
      elseif fresh and kind == 'file' and matters(name) then
        self:note(folder .. '/' .. name, CREATED)
      end
    end
  end)
end

function Watch:stop()
  self.stopped = true
  self.timer:stop()
  self.timer:close()
  for _, handle in pairs(self.handles) do
    handle:close()
  end
  self.handles = {}
end

--- Whether Neovim leaves this to us.
function M.is_needed()
  local system = uv.os_uname().sysname
  return require('nival').config.watch and system ~= 'Darwin' and not system:find('Windows')
end

--- Watches the folders of a server's workspace, also those that are added later.
---@param client vim.lsp.Client
function M.start(client)
  local watch = watches[client.id]
  if not watch then
    watch = setmetatable({ client = client, handles = {}, count = 0, changes = {}, timer = assert(uv.new_timer()) }, Watch)
    watches[client.id] = watch
  end
  for _, folder in ipairs(client.workspace_folders or {}) do
    watch:add((vim.uri_to_fname(folder.uri):gsub('(.)/$', '%1')), false)
  end
end

---@param client_id integer
function M.stop(client_id)
  local watch = watches[client_id]
  watches[client_id] = nil
  if watch then
    watch:stop()
  end
end

-- Folders that are added or removed while the server runs.
vim.api.nvim_create_autocmd('LspNotify', {
  group = vim.api.nvim_create_augroup('nival_watch', {}),
  callback = function(event)
    local watch = watches[event.data.client_id]
    if watch and event.data.method == 'workspace/didChangeWorkspaceFolders' then
      for _, folder in ipairs(event.data.params.event.removed or {}) do
        watch:remove((vim.uri_to_fname(folder.uri):gsub('(.)/$', '%1')))
      end
      vim.schedule(function()
        if watches[event.data.client_id] then
          M.start(watch.client)
        end
      end)
    end
  end,
})

return M
