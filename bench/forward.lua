-- What clients of a forward proxy ask: the whole URL in the request line (RFC 9112 section 3.2.2), and where there are keys each in its
-- turn; where there are targets, which are addresses of loopback with the origin's port, one of them by chance, and where there are both
-- each target with a key of its own. Each connection may wait before it asks again, for THINK ms in the middle, so that all are asked as
-- often whatever they cost.
-- Usage: wrk -s bench/forward.lua http://PROXY -- URL KEYS TARGETS THINK
function init(args)
  local url, keys, targets, think = args[1], tonumber(args[2]), tonumber(args[3]), tonumber(args[4])
  if think > 0 then
    function delay()
      return math.random(think - 1, think + 1)
    end
  end
  local function ask(host)
    wrk.path = url:gsub("//[^/]+", "//" .. host)
    wrk.headers["Host"] = host
    return wrk.format()
  end
  ask(url:match("//([^/]+)"))
  local asked, turn = {}, 0
  for key = 1, keys do
    wrk.headers["X-Egress-Key"] = "key-" .. key
    asked[key] = wrk.format()
  end
  for target = 1, targets do
    wrk.headers["X-Egress-Key"] = keys > 0 and "key-" .. target or nil
    local net, host = 100 + math.floor((target - 1) / 250), (target - 1) % 250 + 1
    asked[target] = ask("127.0." .. net .. "." .. host .. url:match(":%d+"))
  end
  if #asked == 0 then return end
  function request()
    turn = targets > 0 and math.random(targets) or turn % keys + 1
    return asked[turn]
  end
end
