import { valkeyScript } from '@agentyard/runtime-kit';

/**
 * The algorithm of `gcra.ts`, on the server's clock: replicas' clocks differ. Arguments: interval and burst for each
 * key. Answers for each key: microseconds until one is allowed (0: this one is), and requests that are left.
 */
export const TAKE = valkeyScript(`
local time = redis.call('TIME')
local now = time[1] * 1000 + time[2] / 1000
local allowed = true
local found = {}
for i, key in ipairs(KEYS) do
  local interval, burst = tonumber(ARGV[2 * i - 1]), tonumber(ARGV[2 * i])
  local from = math.max(now, tonumber(redis.call('GET', key) or now))
  local excess = from + interval - now - interval * burst
  if excess > 1e-3 then allowed = false else excess = 0 end
  found[i] = { from + interval, excess, math.floor((now - from - interval) / interval + burst + 1e-6) }
end
local answer = {}
for i, key in ipairs(KEYS) do
  if allowed then
    redis.call('SET', key, string.format('%.3f', found[i][1]), 'PX', math.max(1, math.ceil(found[i][1] - now)))
  end
  answer[2 * i - 1] = math.ceil(found[i][2] * 1000)
  answer[2 * i] = math.max(0, found[i][3])
end
return answer
`);

/** Two days: a count is asked for in its own day alone. Arguments: limit and reserve for each key. */
export const RESERVE = valkeyScript(`
for i, key in ipairs(KEYS) do
  if tonumber(redis.call('GET', key) or 0) >= tonumber(ARGV[2 * i - 1]) then return i - 1 end
end
for i, key in ipairs(KEYS) do
  redis.call('INCRBY', key, ARGV[2 * i])
  redis.call('EXPIRE', key, 172800)
end
return -1
`);

/** Adds to the first key, which never gets less than nothing. Argument: the amount. */
export const ADD = valkeyScript(`
local sum = redis.call('INCRBY', KEYS[1], ARGV[1])
if sum < 0 then redis.call('SET', KEYS[1], 0) end
redis.call('EXPIRE', KEYS[1], 172800)
return sum
`);
