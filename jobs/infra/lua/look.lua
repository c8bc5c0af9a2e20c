-- with gates
-- What gates look like, for people. Changes nothing.
-- KEYS  1 journal
-- ARGV  1 for whom (a job's id; "" = a job that has no place); then the gates
-- Answer: for each gate {1 when it is shut, when it may open in ms, jobs that have a place, jobs in its line, how many stand before this one (-1: it does not stand there), state, a pair after the other}
gates.use(string.sub(KEYS[1], 1, -8))
local answer = {}
for at = 2, #ARGV do
  answer[#answer + 1] = gates.look(ARGV[at], ARGV[1])
end
return answer
