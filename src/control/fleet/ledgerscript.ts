// The ledger of shared tables inside of Redis: fleet/ledger.ts says what each step means, line by line in the same order, and a test lets
// both answer the same batches. An entry is one packed value (cmsgpack), for a value that is read and written as a whole costs
// Redis less than a hash of which many fields change:
//
//   born, expires (0 never), mark, told, window, uses, uses before, gauges {slot, node, stream, value, ...}, values..., windows...,
//   where there are tokens: who changed it last
//
// Changes come as JSON, which Redis reads faster than Lua cuts texts, and with all digits; numbers go as texts, of 17 digits where they need
// them, for the JSON that Redis writes has 14. Nothing is written before it is known that the batch is of this ledger; what Redis
// refuses for want of memory it refuses at the first write.

import { spentMax, spentMs } from "../../fleet/ledger.ts";
import { forgottenMs } from "./keys.ts";

/**
 * KEYS: the table. ARGV: node, stream, sequence, epoch, late, interval, alive, expire, cells, marks after, marks at most,
 * changes as [[key, age, slot, number, ...], ...], wishes as [key, ...]. What it answers is read in ledgerwords.ts.
 */
export const ledgerScript: string = `
local base, node = KEYS[1], ARGV[1]
local stream, sequence, late, interval = tonumber(ARGV[2]), tonumber(ARGV[3]), ARGV[5] == '1', tonumber(ARGV[6])
local alive, expire, after, most = tonumber(ARGV[7]), tonumber(ARGV[8]), tonumber(ARGV[10]), tonumber(ARGV[11])
local changes, wishes = cjson.decode(ARGV[12]), cjson.decode(ARGV[13])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local kept = ${forgottenMs}
local max, floor, format = math.max, math.floor, string.format
local function text(number) return format('%.17g', number) end

local known = redis.call('HMGET', base, 'epoch', 'mark', 'n:' .. node, 'spent', 'cleared')
local epoch = known[1]
if not epoch then
  epoch = format('%d%06d', time[1], time[2])
end
-- The first write is one that a full Redis refuses: behind any other it refuses none of a script.
redis.call('HSET', base, 'epoch', epoch)
redis.call('PEXPIRE', base, kept)
if ARGV[4] ~= epoch then return {'foreign', epoch, text(now)} end
local rowStream, rowSequence, counted = nil, 0, now
if known[3] then
  local a, b, c = string.match(known[3], '^(%S+) (%S+) (%S+)')
  rowStream = tonumber(a)
  if rowStream > stream then return {'superseded', text(max(now, rowStream + 1))} end
  if rowStream == stream then rowSequence, counted = tonumber(b), tonumber(c) end
end

local forms, formers, periods, bursts, isMark, width, hasTokens = {}, {}, {}, {}, {}, 0, false
for form, mark, period, burst in string.gmatch(ARGV[9], '(%l+)(!?)(%d+),(%d+)') do
  for former = 0, form == 'rate' and 1 or 0 do
    width = width + 1
    forms[width], formers[width], isMark[width] = form, former == 1, mark == '!'
    periods[width], bursts[width] = tonumber(period), tonumber(burst)
  end
  if form == 'tokens' then hasTokens = true end
end

-- Names are as long as a bucket; a number stands for each.
local by, byAt = hasTokens and tonumber(string.sub(redis.sha1hex(node), 1, 8), 16), 9 + 2 * width
local spentSecond, spent = string.match(known[4] or '', '^(%d+) (%d+)$')
if tonumber(spentSecond) == floor(now / 1000) then spent = tonumber(spent) else spent = 0 end
local spentBefore = spent

local prefix, marksKey, mark = base .. ':' .. epoch .. ':', base .. ':' .. epoch .. ':marks', tonumber(known[2] or '0')
local entries = {}
local function find(key)
  local entry = entries[key]
  if entry == nil then
    local packed = redis.call('GET', prefix .. key)
    entry = packed and cmsgpack.unpack(packed) or false
    if entry and entry[2] ~= 0 and entry[2] <= now then entry = false end
    entries[key] = entry
  end
  return entry
end
local function make(key)
  local entry = {max(now, (tonumber(known[5]) or 0) + 1), 0, 0, now, 0, 0, 0, {}}
  for slot = 1, 2 * width do entry[8 + slot] = 0 end
  entries[key] = entry
  return entry
end

local function inWindow(entry, slot, period)
  local gone = floor(now / period) - entry[8 + width + slot]
  if gone <= 0 then return entry[8 + slot], entry[9 + slot] end
  return 0, gone == 1 and entry[8 + slot] or 0
end
local function usesIn(entry, window)
  local gone = window - entry[5]
  if gone <= 0 then return entry[6], entry[7] end
  return 0, gone == 1 and entry[6] or 0
end

local function setGauge(gauges, slot, number)
  for at = 1, #gauges, 4 do
    if gauges[at] == slot and gauges[at + 1] == node then
      if number ~= 0 then gauges[at + 2], gauges[at + 3] = stream, number
      else for _ = 1, 4 do table.remove(gauges, at) end end
      return
    end
  end
  if number ~= 0 then
    local at = #gauges
    gauges[at + 1], gauges[at + 2], gauges[at + 3], gauges[at + 4] = slot, node, stream, number
  end
end
local function countSlot(entry, slot, number)
  local form, at = forms[slot], 8 + slot
  if form == 'count' or form == 'bytes' then entry[at] = max(entry[at] + number, 0)
  elseif form == 'tag' then entry[at] = number
  elseif form == 'gauge' then setGauge(entry[8], slot, number)
  elseif form == 'rate' then
    local present = formers[slot] and slot - 1 or slot
    local current, before = inWindow(entry, present, periods[slot])
    entry[8 + width + present] = floor(now / periods[slot])
    entry[8 + present] = formers[slot] and current or max(current + number, 0)
    entry[9 + present] = formers[slot] and max(before + number, 0) or before
  else
    local before = max(entry[at] - now, 0)
    local lacking = max(before + number * periods[slot], 0)
    if late then lacking = math.min(lacking, max(before, bursts[slot] * periods[slot])) end
    entry[at] = now + lacking
  end
end
local function isMarked(entry)
  for slot = 1, width do if isMark[slot] and entry[8 + slot] ~= 0 then return true end end
  return false
end
local function isSpent(entry)
  for slot = 1, width do
    if forms[slot] == 'tokens' and entry[8 + slot] - now > (bursts[slot] - 1) * periods[slot] then return true end
  end
  return false
end
local function count(change)
  local key = change[1]
  local entry = find(key) or make(key)
  if expire > 0 then entry[2] = max(entry[2], now + max(expire - change[2], 1)) end
  local isTold = false
  for index = 3, #change, 2 do
    local slot = change[index] + 1
    local before = entry[8 + slot]
    countSlot(entry, slot, change[index + 1])
    if isMark[slot] and entry[8 + slot] ~= before then isTold = true end
  end
  if hasTokens then
    local window = floor(now / (2 * interval))
    local uses, before = usesIn(entry, window)
    entry[5], entry[6], entry[7] = window, uses + 1, before
    local isOthersToo = entry[byAt] and entry[byAt] ~= by
    entry[byAt] = by
    local isDue = entry[3] == 0 or now - entry[4] >= ${spentMs}
    if not isTold and isOthersToo and isDue and isSpent(entry) then
      isTold = spent < ${spentMax}
      spent = spent + 1
    end
  end
  local isRetold = expire > 0 and now - entry[4] >= expire / 8
  if isTold or (isRetold and isMarked(entry)) then
    mark = max(mark + 1, now * 1000)
    entry[3], entry[4] = mark, now
    redis.call('ZADD', marksKey, text(mark), key)
  end
  redis.call('SET', prefix .. key, cmsgpack.pack(entry), 'PX', text(entry[2] == 0 and kept or entry[2] - now))
end

if sequence > rowSequence then
  local former = mark
  for _, change in ipairs(changes) do count(change) end
  rowSequence, counted = sequence, now
  if spent ~= spentBefore then redis.call('HSET', base, 'spent', floor(now / 1000) .. ' ' .. spent) end
  if mark ~= former then
    redis.call('HSET', base, 'mark', text(mark))
    redis.call('PEXPIRE', marksKey, kept)
  end
end
if rowStream == nil then
  -- Nodes come under new names where machines do: those that have not come for long are forgotten.
  local rows = redis.call('HGETALL', base)
  for index = 1, #rows, 2 do
    local seen = string.match(rows[index + 1], '^%S+ %S+ %S+ (%S+)$')
    if seen and now - tonumber(seen) > kept then redis.call('HDEL', base, rows[index]) end
  end
end
redis.call('HSET', base, 'n:' .. node, text(stream) .. ' ' .. text(rowSequence) .. ' ' .. text(counted) .. ' ' .. text(now))

local living = nil
local function isLiving(other, ofStream)
  if not living then
    living = {}
    local rows = redis.call('HGETALL', base)
    for index = 1, #rows, 2 do
      local a, seen = string.match(rows[index + 1], '^(%S+) %S+ %S+ (%S+)$')
      if a and now - tonumber(seen) < alive then living[string.sub(rows[index], 3)] = tonumber(a) end
    end
  end
  return living[other] == ofStream
end
local function othersGauge(gauges, slot)
  local sum = 0
  for at = 1, #gauges, 4 do
    if gauges[at] == slot and gauges[at + 1] ~= node and isLiving(gauges[at + 1], gauges[at + 2]) then
      sum = sum + gauges[at + 3]
    end
  end
  return sum
end
-- Numbers below 10^14 that are whole are written whole by Lua itself.
local function short(number)
  if number < 1e14 and number % 1 == 0 then return number end
  return text(number)
end
local totals, length = {}, 2 * interval
local function write(key)
  local entry = find(key)
  if not entry then return '' end
  local nodes = 1
  if hasTokens then
    local uses, before = usesIn(entry, floor(now / length))
    nodes = max(floor((uses + before * (1 - (now % length) / length)) / 2 + 0.5), 1)
  end
  local words = {entry[2] == 0 and 0 or entry[2] - now, entry[1], nodes}
  for slot = 1, width do
    local form, value = forms[slot], entry[8 + slot]
    if form == 'gauge' then value = othersGauge(entry[8], slot)
    elseif form == 'tokens' then value = max(value - now, 0)
    elseif form == 'rate' then
      local current, former = inWindow(entry, formers[slot] and slot - 1 or slot, periods[slot])
      value = formers[slot] and former or current
    end
    words[3 + slot] = short(value)
  end
  return table.concat(words, ' ')
end
local function total(key)
  local told = totals[key]
  if not told then
    told = write(key)
    totals[key] = told
  end
  return told
end

local answer = {'told', text(now), text(counted), text(after), '0'}
for _, change in ipairs(changes) do answer[#answer + 1] = total(change[1]) end
for _, key in ipairs(wishes) do answer[#answer + 1] = total(key) end
local above = redis.call('ZRANGEBYSCORE', marksKey, '(' .. text(after), '+inf', 'WITHSCORES', 'LIMIT', 0, most + 1)
for index = 1, math.min(#above, 2 * most), 2 do
  local told = total(above[index])
  if told == '' then redis.call('ZREM', marksKey, above[index])
  else
    answer[#answer + 1] = above[index]
    answer[#answer + 1] = told
  end
  answer[4] = above[index + 1]
end
if #above > 2 * most then answer[5] = '1' end
for _, key in ipairs(redis.call('ZRANGE', marksKey, 0, 9)) do
  if find(key) then break end
  redis.call('ZREM', marksKey, key)
end
return answer`;
