// What a node and Redis tell each other each moment, whatever tables there are: that this node is here and how it is; who is banned and
// whose ban was lifted, since this node heard last; what operators changed in shared tables. All of it at one moment, by the clock
// of Redis where a clock is needed. Whoever was away asks from where it stopped, so being away needs nothing of its own.
//
//   A change of a ban      counts when it is later than what is known of the block; the later node's name where both are of one time.
//                          It gets the next number, so that whoever asks hears of it once. Of a block only the last is kept; what
//                          was lifted is remembered for so long that no node that was away brings it back.
//   An order of operators  has a number too. One that comes twice from its node is taken once.
//
// That there is something new is said on a channel that is called as meta is, so that nodes need not wait for their next beat; whoever
// does not hear it hears of it with that.
//
// Numbers are no less than the time in microseconds, so that none is given twice where Redis was set back to what it had a while ago.

import { forgottenMs } from "./keys.ts";

/** Orders that are kept; a node that missed more has been away for long. */
export const ordersMax = 1000;
/** Nodes that have not been seen for so long are not shown any more. */
const shownMs = 3_600_000;

/**
 * KEYS: meta, nodes, said, bans, order, ends, orders. ARGV: node, which run of it, what it says of itself ("": as before), ms for which a node counts as
 * there, epoch (0: none), bans after, bans at most, orders after, then of each change of a ban: block, time, when it may be
 * forgotten (0: never), value. Answers: epoch, now, nodes that are there, whose word stood there before, last number of bans, "1"
 * where there are more, last number of orders, how many bans; block, value of each; orders.
 */
export const beatScript: string = `
local node, alive, after, most = ARGV[1], tonumber(ARGV[4]), tonumber(ARGV[6]), tonumber(ARGV[7])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local function text(number) return string.format('%.17g', number) end
local meta = redis.call('HMGET', KEYS[1], 'epoch', 'bans', 'orders')
local epoch, numbers, orders = meta[1], tonumber(meta[2] or '0'), tonumber(meta[3] or '0')
if not epoch then
  epoch = string.format('%d%06d', time[1], time[2])
  redis.call('HSET', KEYS[1], 'epoch', epoch)
end
local ordersAfter = tonumber(ARGV[8])
if epoch ~= ARGV[5] then after, ordersAfter = 0, orders end

local former = redis.call('HGET', KEYS[3], 'run:' .. node) or ''
redis.call('HSET', KEYS[3], 'run:' .. node, ARGV[2])
if ARGV[3] ~= '' then redis.call('HSET', KEYS[3], node, ARGV[3]) end
redis.call('ZADD', KEYS[2], now, node)
for _, gone in ipairs(redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', now - ${shownMs}, 'LIMIT', 0, 10)) do
  redis.call('ZREM', KEYS[2], gone)
  redis.call('HDEL', KEYS[3], gone, 'run:' .. gone, 'order:' .. gone)
end

for _, block in ipairs(redis.call('ZRANGEBYSCORE', KEYS[6], '-inf', now, 'LIMIT', 0, 10 + (#ARGV - 8) / 2)) do
  for index = 4, 5 do redis.call(index == 4 and 'HDEL' or 'ZREM', KEYS[index], block) end
  redis.call('ZREM', KEYS[6], block)
end
local changed = false
for index = 9, #ARGV, 4 do
  local block, at, ends, value = ARGV[index], tonumber(ARGV[index + 1]), tonumber(ARGV[index + 2]), ARGV[index + 3]
  local known = redis.call('HGET', KEYS[4], block)
  local isLater = true
  if known then
    local knownAt, knownNode = string.match(known, '^(%d+) (%S*)')
    local by = string.match(value, '^%d+ (%S*)')
    isLater = at > tonumber(knownAt) or (at == tonumber(knownAt) and by > knownNode)
  end
  if isLater and (ends == 0 or ends > now) then
    numbers, changed = math.max(numbers + 1, now * 1000), true
    redis.call('HSET', KEYS[4], block, value)
    redis.call('ZADD', KEYS[5], text(numbers), block)
    if ends == 0 then redis.call('ZREM', KEYS[6], block) else redis.call('ZADD', KEYS[6], text(ends), block) end
  end
end
if changed then
  redis.call('HSET', KEYS[1], 'bans', text(numbers))
  redis.pcall('PUBLISH', KEYS[1], 'bans')
end
for index = 1, 7 do redis.call('PEXPIRE', KEYS[index], ${forgottenMs}) end

local living = redis.call('ZCOUNT', KEYS[2], '(' .. text(now - alive), '+inf')
local answer = {epoch, text(now), text(living), former, text(after), '0', text(orders), '0'}
local told = redis.call('ZRANGEBYSCORE', KEYS[5], '(' .. text(after), '+inf', 'WITHSCORES', 'LIMIT', 0, most + 1)
local count = 0
for index = 1, math.min(#told, 2 * most), 2 do
  local value = redis.call('HGET', KEYS[4], told[index])
  answer[5] = told[index + 1]
  if value then
    count = count + 1
    answer[#answer + 1] = told[index]
    answer[#answer + 1] = value
  end
end
answer[8] = text(count)
if #told > 2 * most then answer[6] = '1' end
for _, order in ipairs(redis.call('ZRANGEBYSCORE', KEYS[7], '(' .. text(ordersAfter), '+inf')) do
  answer[#answer + 1] = order
end
return answer`;

/**
 * KEYS: meta, said, orders, then tables. ARGV: node, number of the order, another than that of the one before, order, of each table "*" or keys with
 * spaces between them: what the ledger has counted of these is forgotten. Answers the ms at which it was: all of it was born by then.
 */
export const orderScript: string = `
local said = 'order:' .. ARGV[1]
local time = redis.call('TIME')
local now = string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000))
local former, at = string.match(redis.call('HGET', KEYS[2], said) or '0 0', '^(%d+) (%d+)$')
if former == ARGV[2] then return at end
-- An entry that is made after this, in the same millisecond even, is born later (ledgerscript.ts).
for index = 4, #KEYS do
  local cleared = tonumber(redis.call('HGET', KEYS[index], 'cleared') or '0')
  now = string.format('%.0f', math.max(tonumber(now), cleared + 1))
end
redis.call('HSET', KEYS[2], said, ARGV[2] .. ' ' .. now)
for index = 4, #KEYS do
  local epoch = redis.call('HGET', KEYS[index], 'epoch')
  if epoch and ARGV[index] == '*' then redis.call('DEL', KEYS[index], KEYS[index] .. ':' .. epoch .. ':marks')
  elseif epoch then
    for key in string.gmatch(ARGV[index], '%S+') do
      redis.call('DEL', KEYS[index] .. ':' .. epoch .. ':' .. key)
      redis.call('ZREM', KEYS[index] .. ':' .. epoch .. ':marks', key)
    end
  end
  redis.call('HSET', KEYS[index], 'cleared', now)
  redis.call('PEXPIRE', KEYS[index], ${forgottenMs})
end
local number = math.max(tonumber(redis.call('HGET', KEYS[1], 'orders') or '0') + 1, tonumber(now) * 1000)
redis.call('HSET', KEYS[1], 'orders', string.format('%.0f', number))
redis.call('ZADD', KEYS[3], string.format('%.0f', number), string.format('%.0f ', number) .. now .. ' ' .. ARGV[3])
redis.call('ZREMRANGEBYRANK', KEYS[3], 0, -${ordersMax + 1})
redis.pcall('PUBLISH', KEYS[1], 'orders')
return now`;

/** KEYS: nodes, said. ARGV: node. What orders it has given stays known. */
export const leaveScript: string = `
redis.call('ZREM', KEYS[1], ARGV[1])
return redis.call('HDEL', KEYS[2], ARGV[1], 'run:' .. ARGV[1])`;

/** KEYS: nodes, said. Answers now; then of each node that is shown: name, last seen, what it said of itself. */
export const nodesScript: string = `
local time = redis.call('TIME')
local answer = {string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000))}
local nodes = redis.call('ZRANGE', KEYS[1], 0, 9999, 'WITHSCORES')
for index = 1, #nodes, 2 do
  answer[#answer + 1] = nodes[index]
  answer[#answer + 1] = nodes[index + 1]
  answer[#answer + 1] = redis.call('HGET', KEYS[2], nodes[index]) or ''
end
return answer`;
