-- Reads the last number of topics, at one instant.
-- ARGV: topics.
-- Returns the life, the last number given, then the last number of each topic.

local answer = { life, number }
for at = FIRST, #ARGV do
  answer[#answer + 1] = tonumber(redis.call('HGET', book_of(ARGV[at]), 'last') or 0)
end
return answer
