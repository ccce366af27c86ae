-- What happens around the text: settings, other folders, other programs, the server's own end.
local S = dofile(vim.env.SCRIPTS .. '/session.lua')
local feature, find, keys = S.feature, S.find, S.keys

local function write(name, text)
  vim.fn.mkdir(vim.fs.dirname(S.path(name)), 'p')
  local file = assert(io.open(S.path(name), 'w'))
  file:write(text)
  file:close()
end

S.run({ setup = { trusted = false, code_lens = true } }, function()
  feature('untrusted-workspace', 'build.nix', function()
    keys(':NivalBuild nail<CR>')
    local said = S.message('trust')
    require('nival.log').open()
    S.picture()
    return { said, require('nival.log').lines()[3] }
  end)
  feature('trust', 'build.nix', function()
    keys(':NivalTrust<CR>')
    return S.message('is trusted')
  end)
  feature('code-lenses', 'build.nix', function()
    find('\\zsnail')
    -- They are drawn above the line.
    return S.await('lenses', function()
      local titles = {}
      for _, lens in ipairs(vim.lsp.codelens.get({ bufnr = 0 })) do
        -- The other says whether it is built, when the store has been asked.
        local title = lens.lens.command and lens.lens.command.title or ''
        titles[#titles + 1] = vim.startswith(title, 'Build') and title or nil
      end
      table.sort(titles)
      return #titles >= 1 and titles
    end)
  end)
  feature('build', 'build.nix', function()
    find('\\zsnail')
    S.await('lenses', function()
      return #vim.lsp.codelens.get({ bufnr = 0 }) > 0
    end)
    S.choose('Build')
    keys('grx')
    local said = S.message('built')
    require('nival.log').open()
    S.picture()
    local log = require('nival.log').lines()
    return { said, log[#log - 1], log[#log] }
  end)
  feature('inspect', 'build.nix', function()
    keys(':NivalInspect nail<CR>')
    S.await('the inspection', function()
      return vim.fn.bufwinid('nival://inspect') ~= -1
    end)
    S.picture()
    return vim.tbl_filter(function(line)
      return not line:find('^hash') and not line:find('^size')
    end, vim.api.nvim_buf_get_lines(vim.fn.bufnr('nival://inspect'), 0, -1, false))
  end)
  feature('settings-at-run-time', 'scratch.nix', function()
    local before = S.diagnostics()[1]
    require('nival').configure({ diagnostics = { severity = { ['sema-unused-def-let'] = 'error' } } })
    S.await('an error', function()
      return #vim.diagnostic.get(0, { severity = vim.diagnostic.severity.ERROR }) > 0
    end)
    S.picture()
    require('nival').configure({ diagnostics = { ignored = { 'sema-unused-def-let' } } })
    S.no_diagnostics()
    return { before, 'error', 'ignored' }
  end)
  feature('files-changed-outside', 'scratch.nix', function()
    require('nival').configure({ diagnostics = { ignored = {} } })
    -- Evaluation says the same, some time later.
    local function is_missing(diagnostic)
      return diagnostic.code == 'import-not-found'
    end
    local missing = S.text('import ./later.nix') or S.diagnostics(is_missing)
    write('later.nix', '{ now = 1; }\n')
    S.no_diagnostics()
    vim.list_extend(missing, { '→', 'found' })
    vim.fn.delete(S.path('later.nix'))
    vim.list_extend(missing, S.diagnostics(is_missing))
    return missing
  end)
  feature('multi-root', 'scratch.nix', function()
    local second = vim.fs.dirname(vim.env.PROJECT) .. '/second'
    vim.fn.mkdir(second, 'p')
    vim.fn.writefile({ '{', '  distant = 1;', '}' }, second .. '/far.nix')
    vim.lsp.buf.add_workspace_folder(second)
    local seen
    S.await('a name of the second folder', function()
      vim.fn.setqflist({})
      vim.lsp.buf.workspace_symbol('distant')
      local deadline = vim.uv.now() + 300
      S.await('an answer', function()
        return vim.uv.now() > deadline or #vim.fn.getqflist() > 0
      end)
      seen = #vim.fn.getqflist() > 0 and S.quickfix()
      return seen
    end)
    return seen
  end)
  --- A folder that takes a while to read is added to the workspace; what is said of it.
  local function indexing(name, files, run)
    feature(name, 'scratch.nix', function()
      local folder = vim.fs.dirname(vim.env.PROJECT) .. '/' .. name
      vim.fn.mkdir(folder, 'p')
      local text = { 'rec {' }
      for index = 1, 120 do
        text[#text + 1] = ('  name-%d = { pkgs, lib ? null }: pkgs.callPackage ./other-%d.nix { inherit lib; };'):format(index, index)
      end
      text = table.concat(text, '\n') .. '\n}\n'
      for index = 1, files do
        local file = assert(io.open(('%s/file-%d.nix'):format(folder, index), 'w'))
        file:write(text)
        file:close()
      end
      local shown = {}
      local id = vim.api.nvim_create_autocmd('Progress', {
        callback = function(event)
          table.insert(shown, ('%s %s: %s'):format(event.data.title, event.data.status, vim.iter(event.data.text):flatten():join('')))
        end,
      })
      vim.lsp.buf.add_workspace_folder(folder)
      local function said(what)
        return S.await('the progress ' .. what, function()
          S.shown = shown
          for _, line in ipairs(shown) do
            if line:find(what) then
              return (line:gsub('%d+', 'N'))
            end
          end
        end)
      end
      local seen = run(said)
      vim.lsp.buf.remove_workspace_folder(folder)
      vim.api.nvim_del_autocmd(id)
      return seen
    end)
  end
  indexing('indexing-progress', 2000, function(said)
    local seen = { said('running: %d+ of') }
    S.picture()
    return { seen[1], said('success: 2%d+') }
  end)
  indexing('indexing-cancelled', 6000, function(said)
    said('running')
    vim.cmd('NivalCancel')
    return said('cancelled')
  end)
  feature('introduction', 'scratch.nix', function()
    -- The help is there for who has only put the folder on the runtime path.
    keys(':help :NivalDelete<CR>')
    S.await('the help', function()
      return vim.bo.filetype == 'help'
    end)
    local seen = { vim.trim(vim.api.nvim_get_current_line()) }
    keys(':help nival<CR>')
    S.await('its begin', function()
      return vim.fn.line('.') == 1
    end)
    S.picture()
    table.insert(seen, vim.api.nvim_get_current_line())
    vim.cmd('helpclose')
    return seen
  end)
  feature('server-ends', 'scratch.nix', function()
    S.diagnostics()
    local first = S.client().id
    for _, process in ipairs(vim.api.nvim_get_proc_children(vim.uv.os_getpid())) do
      if vim.api.nvim_get_proc(process).name == 'nival' then
        vim.uv.kill(process, 'sigkill')
      end
    end
    S.await('another server', function()
      local client = S.client()
      return client and client.id ~= first and client.initialized
    end)
    local said = S.message('started again')
    find('greeting')
    keys('K')
    return { said, S.float() }
  end)
end)
