-- Loads in slices, each begun by a line on standard input: its length in milliseconds. A slice ends when all that was
-- sent in it is answered, and is told as a line of JSON; until the next one, wrk waits and no request is under way.
-- Standard input begins with the requests, a line each: path, method, headers and body with tabs between them, the headers
-- as "Name: value" with unit separators (0x1f) between them. Ends with the line "end".
local ffi = require("ffi")
ffi.cdef [[
  struct timespec { long tv_sec; long tv_nsec; };
  int clock_gettime(int clock, struct timespec *time);
]]
local CLOCK_MONOTONIC = 1
local time = ffi.new("struct timespec")
local function now()
  ffi.C.clock_gettime(CLOCK_MONOTONIC, time)
  return tonumber(time.tv_sec) * 1e3 + tonumber(time.tv_nsec) / 1e6
end

local requests, at = {}, 0
local connections
-- Of the slice: its length, when its first request was sent, how many were. Without a length there is none yet.
local length, began, sent = nil, nil, 0
-- Connections that have no request under way: each sends once for each delay that it was given.
local idle = 0
-- Until when connections are kept from sending: wrk takes a delay once and for all, so it must be longer than the
-- answers that are still to come take. Whoever was not kept for long enough sends once more, and is waited for, too.
local held_until = nil

function init(args)
  connections = tonumber(args[1])
  for _ = 1, tonumber(args[2]) do
    local path, method, fields, body = io.read():match("^([^\t]*)\t([^\t]*)\t([^\t]*)\t(.*)$")
    local headers = {}
    for name, value in fields:gmatch("([^:\31]+): ([^\31]*)") do headers[name] = value end
    requests[#requests + 1] = wrk.format(method, path, headers, body ~= "" and body or nil)
  end
end

function request()
  -- Before it connects, wrk asks for one to look at.
  if idle == 0 then return requests[1] end
  began = began or now()
  sent = sent + 1
  idle = idle - 1
  at = at % #requests + 1
  return requests[at]
end

-- Before each request of a connection, and so after each answer: milliseconds that it must wait.
function delay()
  idle = idle + 1
  local t = now()
  if length and (began == nil or t < began + length) then return 0 end
  if held_until == nil or t > held_until then held_until = t + 5 + 2 * time_to_answer_all(t) end
  if idle < connections then return math.ceil(held_until - t) end
  return next_slice(t)
end

function time_to_answer_all(t)
  return length and connections * (t - began) / sent or connections
end

function next_slice(t)
  local seen = length and { sent, t - began } or { 0, 0 }
  io.write(string.format('\n{"answers":%d,"milliseconds":%f}\n', seen[1], seen[2]))
  io.flush()
  local command = io.read()
  if command == nil then os.exit(1) end
  if command == "end" then
    wrk.thread:stop()
    return 1000
  end
  -- The others' delay may not be over yet: all begin together.
  local rest = math.max(0, math.ceil(held_until - now()))
  length, began, sent, held_until = tonumber(command), nil, 0, nil
  return rest
end

function done(summary, latency)
  local e = summary.errors
  io.write(string.format(
    '\n{"p50":%f,"p99":%f,"errors":%d,"statuses":%d}\n',
    latency:percentile(50) / 1000,
    latency:percentile(99) / 1000,
    e.connect + e.read + e.write + e.timeout,
    e.status
  ))
end
