-- Appends frames, each to all of its topics, and rings.
-- ARGV: prefix of the bells' channels or '' for none, characters of a body that still goes along, an
--       id of this append, '1' if it is sent again; then each frame: milliseconds to keep it or '',
--       '1' if it is a control frame, its body, how many topics, the topics.
-- Returns the life, then for each frame its number and the numbers before it.

local at = FIRST
local function take()
  at = at + 1
  return ARGV[at - 1]
end

local channels, limit, id, again = take(), tonumber(take()), take(), take() == '1'

-- An append whose answer was lost may have happened: its entries bear its id.
local function done_already(topic)
  for _, found in ipairs(redis.call('XREVRANGE', stream_of(topic), '+', '-', 'COUNT', 256)) do
    if found[2][8] == id then return true end
  end
  return false
end

local answer = { life }
while at <= #ARGV do
  local ends, control, body, count = take(), take(), take(), tonumber(take())
  ends = ends == '' and keep or tonumber(ends)
  local topics, before, named = {}, {}, {}
  for index = 1, count do
    local topic = take()
    topics[index] = topic
    before[index] = redis.call('HGET', book_of(topic), 'last') or '0'
    named[index] = '"' .. topic .. '":' .. before[index]
  end
  if again and #answer == 1 and done_already(topics[1]) then return { life } end

  number = redis.call('HINCRBY', KEYS[1], 'n', 1)
  local head = '{"n":' .. text(number) .. ',"l":"' .. life .. '","p":{' .. table.concat(named, ',')
    .. '},"c":' .. control .. '}'
  local entry = head .. '\n' .. body
  local bell = #body > limit and head or entry
  for _, topic in ipairs(topics) do
    local stream, book = stream_of(topic), book_of(topic)
    if redis.call('EXISTS', stream) == 0 then redis.call('HSET', book, 'size', 0) end
    redis.call('XADD', stream, text(number) .. '-0', 'entry', entry, 'ends', text(now + ends),
      'size', #body, 'id', id)
    redis.call('HSET', book, 'last', text(number))
    redis.call('HINCRBY', book, 'size', #body)
    redis.call('PEXPIRE', book, keep_book)
    trim(stream, book)
    redis.call('PEXPIRE', stream, math.max(ends, redis.call('PTTL', stream)))
    if channels ~= '' then redis.call('PUBLISH', channels .. topic, bell) end
  end
  answer[#answer + 1] = { number, unpack(before) }
end
return answer
