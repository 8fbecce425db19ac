"""What Redis does in one step, in Lua.

An entry is a hash of ``value``, ``version`` and ``labels``, which expires. A label is a sorted set of the names of
entries by when they expire; it expires with the last of them. A name in it counts only if the entry has the label.
"""

from __future__ import annotations

from hashlib import sha1
from typing import Final


class Script:
    """A script, and the name under which Redis remembers it."""

    __slots__ = ("sha", "text")

    def __init__(self, text: str) -> None:
        """Name a script."""
        self.text: Final = text
        self.sha: Final = sha1(text.encode(), usedforsecurity=False).hexdigest()


_UNLABEL = """
local function unlabel(entry, index, name)
  for label in string.gmatch(redis.call('HGET', entry, 'labels') or '', '%S+') do
    redis.call('ZREM', index .. label, name)
  end
end
"""

# KEYS: entry. ARGV: prefix of labels, name, new version, value, expires_at, labels, version that was read.
_STORE = """
local function store()
  unlabel(KEYS[1], ARGV[1], ARGV[2])
  redis.call('HSET', KEYS[1], 'version', ARGV[3], 'value', ARGV[4], 'labels', ARGV[6])
  redis.call('EXPIREAT', KEYS[1], ARGV[5])
  local now = redis.call('TIME')[1]
  for label in string.gmatch(ARGV[6], '%S+') do
    local index = ARGV[1] .. label
    redis.call('ZREMRANGEBYSCORE', index, '-inf', now)
    redis.call('ZADD', index, ARGV[5], ARGV[2])
    redis.call('EXPIREAT', index, redis.call('ZREVRANGE', index, 0, 0, 'WITHSCORES')[2])
  end
end
local held = redis.call('HGET', KEYS[1], 'version')
-- The client asked again because the answer was lost.
if held == ARGV[3] then return 1 end
"""

ADD: Final = Script(_UNLABEL + _STORE + "if held then return 0 end\nstore()\nreturn 1")
PUT: Final = Script(_UNLABEL + _STORE + "if held ~= ARGV[7] then return 0 end\nstore()\nreturn 1")

# KEYS: entry. ARGV: prefix of labels, name.
TAKE: Final = Script(
    _UNLABEL
    + """
local found = redis.call('HMGET', KEYS[1], 'value', 'version')
unlabel(KEYS[1], ARGV[1], ARGV[2])
redis.call('DEL', KEYS[1])
return found
"""
)

# KEYS: label. ARGV: prefix of labels, prefix of entries, label.
DELETE_LABELLED: Final = Script(
    _UNLABEL
    + """
for _, name in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
  local entry = ARGV[2] .. name
  local labels = redis.call('HGET', entry, 'labels') or ''
  if string.find(' ' .. labels .. ' ', ' ' .. ARGV[3] .. ' ', 1, true) then
    unlabel(entry, ARGV[1], name)
    redis.call('DEL', entry)
  end
end
redis.call('DEL', KEYS[1])
"""
)

# KEYS: lock. ARGV: owner, lifetime in seconds.
LOCK: Final = Script(
    """
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[2])
return 1
"""
)

# KEYS: lock. ARGV: owner.
UNLOCK: Final = Script("if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end")
