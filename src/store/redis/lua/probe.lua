-- Runs every command that the rules run, on keys that nobody else uses, and leaves nothing behind.

redis.call("TIME")
redis.call("SET", KEYS[1], "probe", "KEEPTTL")
redis.call("GET", KEYS[1])
redis.call("HSET", KEYS[2], "probe", "probe")
redis.call("HSETNX", KEYS[2], "probe", "probe")
redis.call("HEXISTS", KEYS[2], "probe")
redis.call("HLEN", KEYS[2])
redis.call("HGET", KEYS[2], "probe")
redis.call("HGETALL", KEYS[2])
for _, key in ipairs(KEYS) do
  redis.call("PTTL", key)
  redis.call("PEXPIRE", key, 1)
end
redis.call("HDEL", KEYS[2], "probe")
return "ok"
