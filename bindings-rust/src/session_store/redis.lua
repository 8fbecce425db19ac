-- One question of a site to its store, in one atomic step: ARGV[1] says which, KEYS[1] is what it is about.
--
--   PREFIX entry:KEY    a hash: the value, and the labels with spaces between them; it expires with the entry
--   PREFIX label:LABEL  a sorted set: the keys of entries, by when they expire
--   PREFIX lock:KEY     the owner; it expires with the lock

local question, prefix, name = ARGV[1], ARGV[2], ARGV[3]
local entry = KEYS[1]

local function label_key(label)
  return prefix .. 'label:' .. label
end

-- Deletes an entry, and what leads to it.
local function forget(name)
  local entry = prefix .. 'entry:' .. name
  for label in string.gmatch(redis.call('HGET', entry, 'labels') or '', '%S+') do
    redis.call('ZREM', label_key(label), name)
  end
  redis.call('DEL', entry)
end

local function keep(value, expires_at, labels)
  local now = redis.call('TIME')[1]
  redis.call('HSET', entry, 'value', value, 'labels', labels)
  redis.call('EXPIREAT', entry, expires_at)
  for label in string.gmatch(labels, '%S+') do
    local key = label_key(label)
    redis.call('ZADD', key, expires_at, name)
    redis.call('ZREMRANGEBYSCORE', key, '-inf', now)
    local last = redis.call('ZRANGE', key, -1, -1, 'WITHSCORES')
    if last[2] then redis.call('EXPIREAT', key, last[2]) end
  end
  return 1
end

if question == 'add' then
  if redis.call('EXISTS', entry) == 1 then return 0 end
  return keep(ARGV[4], ARGV[5], ARGV[6])
elseif question == 'put' then
  if redis.call('HGET', entry, 'value') ~= ARGV[7] then return 0 end
  forget(name)
  return keep(ARGV[4], ARGV[5], ARGV[6])
elseif question == 'take' then
  local value = redis.call('HGET', entry, 'value')
  forget(name)
  return value
elseif question == 'delete' then
  forget(name)
  return 1
elseif question == 'delete_labelled' then
  for _, labelled in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
    -- Whatever has expired and come again has the labels that it came with.
    local labels = redis.call('HGET', prefix .. 'entry:' .. labelled, 'labels') or ''
    if string.find(' ' .. labels .. ' ', ' ' .. name .. ' ', 1, true) then forget(labelled) end
  end
  redis.call('DEL', KEYS[1])
  return 1
elseif question == 'lock' then
  local owner = redis.call('GET', KEYS[1])
  if owner and owner ~= ARGV[4] then return 0 end
  redis.call('SET', KEYS[1], ARGV[4], 'PX', ARGV[5])
  return 1
elseif question == 'unlock' then
  if redis.call('GET', KEYS[1]) == ARGV[4] then redis.call('DEL', KEYS[1]) end
  return 1
end
return redis.error_reply('no such question')
