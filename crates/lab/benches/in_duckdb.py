"""Times in DuckDB the reading of a log, and an approximation of a replay: settlement, and rolling 14-day counts by window
functions.

There is no feedback: a refused message still counts, which is what a query can do and a replay must not. Prints the
best of the rounds by the clock and by processor time, in seconds, first of the reading and then of the replay, which
`reading` as the third argument leaves out, and nothing else. Exits with 3 where DuckDB is not installed.
"""

import sys
import time

try:
    import duckdb
except ImportError:
    sys.exit(3)

path, rounds, only_reading = sys.argv[1], int(sys.argv[2]), "reading" in sys.argv[3:]
db = duckdb.connect(config={"threads": 2})


def best(work):
    clock, processor = [], []
    for _ in range(rounds):
        begun, spent = time.perf_counter(), time.process_time()
        work()
        clock.append(time.perf_counter() - begun)
        processor.append(time.process_time() - spent)
    print(min(clock), min(processor))


READ = """
    create or replace table message as
    select contract, seat, recipient, epoch_ms(sent_at::timestamp) as sent_at,
           epoch_ms(responded_at::timestamp) as responded_at
    from read_csv(?, header = true, all_varchar = true, nullstr = '')
"""
best(lambda: db.execute(READ, [path]))
if only_reading:
    sys.exit(0)
# Dense numbers instead of texts, as the replay has them.
db.execute(
    """
    create table numbered as
    select dense_rank() over (order by contract, seat)::integer as seat, sent_at, responded_at,
           coalesce(responded_at <= sent_at + 7776000000, false) as answered
    from message
    """
)
QUERY = """
    select count(*), sum(answered::int), sum((not answered and sent_at + 7776000000 < last)::int),
           sum((n >= 100 and r * 100 <= 13 * n)::int)
    from (
        select answered, sent_at, count(*) over two_weeks as n, sum(answered::int) over two_weeks as r,
               (select max(sent_at) from numbered) as last
        from numbered
        window two_weeks as (partition by seat order by sent_at
                             range between 1209600000 preceding and current row)
    )
"""
best(lambda: db.execute(QUERY).fetchall())
