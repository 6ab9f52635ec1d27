wrk.method = "POST"
wrk.body = '{"key-1":"a value of some twenty bytes"}'
