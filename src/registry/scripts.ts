// What has to happen in Redis at one moment, in its own Lua, by its own clock (TIME), so that sentinels and proxies with different clocks
// agree on when a lease is over. The layout, of which only the first key is the originals':
//
//   SET            set    members                       SET:draining  set   members that are given nothing new
//   SET:leases     zset   member > end in ms            SET:changes   channel, told "1" at each change of ours
//   SET:views      hash   sentinel > "end in ms\n+member that is up\n-member that is down...";  "" > "0 ms of the last vote"
//
// A member without an entry in SET:leases stays until somebody takes it out. One whose lease is over is taken out by the vote of a sentinel
// where the word of some has counted until then, and where votes have come without a gap: otherwise leases begin anew, for what is over says
// only that sentinels, or Redis, were away. Versions before the field "" take it for the word of one who is dead, and drop it: then the last
// vote is found by the words that are there. No script writes before it has read what it decides by.

export interface SetKeys {
  readonly set: string;
  readonly draining: string;
  readonly leases: string;
  readonly views: string;
  readonly changes: string;
}

export function keysOf(set: string): SetKeys {
  return {
    set,
    draining: `${set}:draining`,
    leases: `${set}:leases`,
    views: `${set}:views`,
    changes: `${set}:changes`,
  };
}

/** Members of a set that are read at once; of a larger one it is this many, always about the same. */
export const readMax = 10_000;
/** Members of a set that are taken out by one script because their lease is over. */
const reapedMax = 1000;
/** How long it is known who has said what, and when the last vote was, after what was said has ended. */
const rememberedMs = 3_600_000;

const clock = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)`;

/**
 * Where sentinels could not vote each member has left what it had at the last vote, and time for a turn at least. Where the word of nobody counts
 * any more it is a whole lease at least: otherwise the servers of a dead sentinel would stay for ever, where connections are lost again and again.
 */
const beginningAnew = `
if wasSilent then
  local quiet = lastVote and math.max(0, now - lastVote) or 0
  local leases = redis.call('ZRANGE', KEYS[2], 0, -1, 'WITHSCORES')
  for index = 1, #leases, 2 do
    local ends = math.max(now + (isAnyAlive and math.min(lease, turn) or lease), leases[index + 1] + quiet)
    if redis.call('SISMEMBER', KEYS[1], leases[index]) == 1 then redis.call('ZADD', KEYS[2], ends, leases[index]) end
  end
end`;

/** Takes out what has no lease any more, and remembers who in \`removed\`. */
const reaping = `
for _, member in ipairs(redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', now, 'LIMIT', 0, ${reapedMax})) do
  redis.call('ZREM', KEYS[2], member)
  if redis.call('SREM', KEYS[1], member) == 1 then removed[#removed + 1] = member end
end`;

/** KEYS: set, draining, leases, views. Answers size, members, draining, those whose lease is over, ms to the next end of a lease or -1, and whether the word of a sentinel counts. */
export const readScript: string = `${clock}
local function some(key)
  local size = redis.call('SCARD', key)
  if size <= ${readMax} then return size, redis.call('SMEMBERS', key) end
  local found, cursor = {}, '0'
  repeat
    local page = redis.call('SSCAN', key, cursor, 'COUNT', 1000)
    cursor = page[1]
    for _, member in ipairs(page[2]) do if #found < ${readMax} then found[#found + 1] = member end end
  until cursor == '0' or #found >= ${readMax}
  return size, found
end
local size, members = some(KEYS[1])
local _, draining = some(KEYS[2])
local over = redis.call('ZRANGEBYSCORE', KEYS[3], '-inf', now, 'LIMIT', 0, ${readMax})
local next = redis.call('ZRANGEBYSCORE', KEYS[3], '(' .. now, '+inf', 'WITHSCORES', 'LIMIT', 0, 1)
local alive = 0
if #over > 0 then
  for _, said in ipairs(redis.call('HVALS', KEYS[4])) do
    if tonumber(string.match(said, '^%d+') or 0) > now then alive = 1 end
  end
end
return {size, members, draining, over, next[2] and math.ceil(next[2] - now) or -1, alive}`;

/** KEYS: leases. Whether one could be renewed: it changes nothing, and may be done only where that may. */
export const trialScript: string = "return redis.call('ZADD', KEYS[1], 'XX', 0, '')";

/**
 * KEYS: set, leases, views. ARGV: channel, sentinel, lease in ms, how many must agree (0 is the majority), the silence in ms
 * that is too long, the ms in which each sentinel has its turn, and what this one says: "+member" or "-member" each. Answers who was added, who was
 * removed, and the end of this sentinel's word now and before, in ms.
 */
export const voteScript: string = `${clock}
local voter, lease, quorum, silence = ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local turn = tonumber(ARGV[6])
local up, down, dead, isAnyAlive = {}, {}, {}, false
local lastVote = tonumber(string.match(redis.call('HGET', KEYS[3], '') or '', '^0 (%d+)$'))
local isNoted = lastVote ~= nil
local function count(view)
  local member = string.sub(view, 2)
  if string.sub(view, 1, 1) == '+' then up[member] = (up[member] or 0) + 1 else down[member] = (down[member] or 0) + 1 end
end
local said, former, untilWhen = redis.call('HGETALL', KEYS[3]), '', string.format('%.0f', now + lease)
for index = 1, #said, 2 do
  local ends, views = string.match(said[index + 1], '^(%d+)(.*)$')
  if said[index] == voter then former = ends or '' end
  if ends and not isNoted and said[index] ~= '' then lastVote = math.max(lastVote or 0, tonumber(ends) - lease) end
  if not ends or tonumber(ends) <= now then
    if said[index] ~= '' then dead[#dead + 1] = said[index] end
  else
    isAnyAlive = true
    if said[index] ~= voter then for view in string.gmatch(views, '[^\\n]+') do count(view) end end
  end
end
local wasSilent = not isAnyAlive or (lastVote and now - lastVote > silence)
${beginningAnew}
for index = 7, #ARGV do count(ARGV[index]) end
for _, name in ipairs(dead) do redis.call('HDEL', KEYS[3], name) end
redis.call('HSET', KEYS[3], '', '0 ' .. string.format('%.0f', now), voter, untilWhen .. '\\n' .. table.concat(ARGV, '\\n', 7))
redis.call('PEXPIRE', KEYS[3], math.max(redis.call('PTTL', KEYS[3]), lease + ${rememberedMs}))
local added, removed = {}, {}
for index = 7, #ARGV do
  local member = string.sub(ARGV[index], 2)
  local ups, downs = up[member] or 0, down[member] or 0
  local needed = quorum == 0 and math.floor((ups + downs) / 2) + 1 or quorum
  if ups >= needed and downs < needed then
    if redis.call('SADD', KEYS[1], member) == 1 then added[#added + 1] = member end
    redis.call('ZADD', KEYS[2], now + lease, member)
  elseif downs >= needed and ups < needed then
    if redis.call('SREM', KEYS[1], member) == 1 then removed[#removed + 1] = member end
    redis.call('ZREM', KEYS[2], member)
  elseif ups > 0 and redis.call('ZSCORE', KEYS[2], member) and redis.call('SISMEMBER', KEYS[1], member) == 1 then
    redis.call('ZADD', KEYS[2], now + lease, member)
  end
end
${reaping}
if #added + #removed > 0 then redis.call('PUBLISH', ARGV[1], '1') end
return {added, removed, untilWhen, former}`;

/** KEYS: set, leases, views. ARGV: sentinel. Members that nobody else looks at lose their lease and stay. */
export const withdrawScript: string = `${clock}
local left, others, isAnyAlive = redis.call('HGET', KEYS[3], ARGV[1]), {}, false
if not left then return 0 end
redis.call('HDEL', KEYS[3], ARGV[1])
for _, views in ipairs(redis.call('HVALS', KEYS[3])) do
  local ends, list = string.match(views, '^(%d+)(.*)$')
  if ends and tonumber(ends) > now then
    isAnyAlive = true
    for view in string.gmatch(list, '[^\\n]+') do others[string.sub(view, 2)] = true end
  end
end
for view in string.gmatch(string.match(left, '^%d+(.*)$') or '', '[^\\n]+') do
  local member = string.sub(view, 2)
  if not others[member] then redis.call('ZREM', KEYS[2], member) end
end
if not isAnyAlive then redis.call('DEL', KEYS[3]) end
return 1`;
