-- Reads what topics have after a position, at one instant.
-- ARGV: a channel and a text that is published there at that instant, or '' and ''; then pairs of a
--       topic and a position; below 0, its entries are not wanted.
-- Returns the life, the last number given, then for each topic its last number and its entries.

local answer = { life, number }
if ARGV[FIRST] ~= '' then redis.call('PUBLISH', ARGV[FIRST], ARGV[FIRST + 1]) end
for at = FIRST + 2, #ARGV, 2 do
  local topic, position = ARGV[at], tonumber(ARGV[at + 1])
  local stream, book = stream_of(topic), book_of(topic)
  local found = { tonumber(redis.call('HGET', book, 'last') or 0) }
  if position >= 0 and found[1] > position then
    trim(stream, book)
    for _, entry in ipairs(redis.call('XRANGE', stream, text(position + 1) .. '-0', '+')) do
      found[#found + 1] = entry[2][2]
    end
  end
  answer[#answer + 1] = found
end
return answer
