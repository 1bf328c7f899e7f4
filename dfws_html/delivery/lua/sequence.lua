-- Before each of the history's scripts: the one sequence, its life, and what all of them share.
-- KEYS: the sequence.
-- ARGV: prefix of keys, an id for a new life, then the bounds of a topic's list: entries, bytes,
--       milliseconds of an entry, milliseconds for which the last number of a silent topic is known.

local prefix, fresh = ARGV[1], ARGV[2]
local max_entries, max_bytes = tonumber(ARGV[3]), tonumber(ARGV[4])
local keep, keep_book = tonumber(ARGV[5]), tonumber(ARGV[6])
local FIRST = 7 -- of a script's own arguments

local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)

local function text(number) return string.format('%d', number) end

-- A life ends with the server that began it: what a restarted one remembers may be older than what
-- it has given out.
local run = string.match(redis.call('INFO', 'server'), 'run_id:(%x+)')
local known = redis.call('HMGET', KEYS[1], 'run', 'life', 'n')
local life, number = known[2], tonumber(known[3] or 0)
if known[1] ~= run then
  life, number = fresh, 0
  redis.call('HSET', KEYS[1], 'run', run, 'life', life, 'n', 0, 'began', text(now))
end

-- Of a topic: a stream of entries, whose ids are their numbers, and a book with the last number and
-- the bytes in the stream. Those of another life have other names, and end by themselves.
local function stream_of(topic) return prefix .. ':' .. life .. ':t:' .. topic end
local function book_of(topic) return prefix .. ':' .. life .. ':b:' .. topic end

-- Takes from a stream's begin what is over or too much; the last entry stays, however long.
local function trim(stream, book)
  local count = redis.call('XLEN', stream)
  while count > 0 do
    local fields = redis.call('XRANGE', stream, '-', '+', 'COUNT', 1)[1]
    local ends, bytes = tonumber(fields[2][4]), tonumber(fields[2][6])
    local size = tonumber(redis.call('HGET', book, 'size') or 0)
    if ends > now and count <= max_entries and (size <= max_bytes or count == 1) then return end
    redis.call('XDEL', stream, fields[1])
    redis.call('HINCRBY', book, 'size', text(-bytes))
    count = count - 1
  end
  -- An empty stream has nothing left to count; it may have ended as a whole, too.
  if redis.call('EXISTS', book) == 1 then redis.call('HSET', book, 'size', 0) end
end
