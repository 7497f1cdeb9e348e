"""What an attempt costs, and the caps: the part of the journal's tables that holds "reserved and spent stay within".

An attempt counts from the moment that its row exists: reserved while it is on the way, in doubt while nobody knows
whether it was accepted, spent when it is over and not certainly free.  `balance` keeps the sums, changed by the same
statement that changes the attempt; a new attempt that would lift a sum over a cap of its run is refused by the
database itself.
"""

from __future__ import annotations

TABLES = """
CREATE TABLE run (
  id INTEGER PRIMARY KEY,
  started_at REAL NOT NULL,
  storyboard TEXT NOT NULL,
  revision TEXT NOT NULL
);
CREATE TABLE cap (
  run INTEGER NOT NULL REFERENCES run (id),
  scope TEXT NOT NULL CHECK (scope IN ('build', 'month')),
  most INTEGER NOT NULL CHECK (most >= 0),
  currency TEXT NOT NULL,
  month TEXT NOT NULL,
  unknown_fits INTEGER NOT NULL CHECK (unknown_fits IN (0, 1)),
  PRIMARY KEY (run, scope, currency)
);
CREATE TABLE rate (
  run INTEGER NOT NULL REFERENCES run (id),
  source TEXT NOT NULL,
  target TEXT NOT NULL,
  micros INTEGER NOT NULL CHECK (micros > 0),
  PRIMARY KEY (run, source, target)
);
CREATE TABLE balance (
  run INTEGER NOT NULL,
  month TEXT NOT NULL,
  currency TEXT NOT NULL,
  micros INTEGER NOT NULL DEFAULT 0 CHECK (micros >= 0),
  unknown INTEGER NOT NULL DEFAULT 0 CHECK (unknown >= 0),
  PRIMARY KEY (run, month, currency)
);
CREATE INDEX balance_by_month ON balance (month);
CREATE TABLE permit (
  attempt INTEGER PRIMARY KEY REFERENCES attempt (id),
  at REAL NOT NULL
);
"""

# What an attempt counts, in millionths; NULL: it counts, and nobody knows for how much.
OWED = """CASE WHEN {0}.state = 'rejected' OR {0}.billed IS 0 THEN 0
  ELSE coalesce({0}.actual_micros, {0}.est_micros) END"""
CURRENCY = "CASE WHEN {0}.actual_micros IS NULL THEN {0}.currency ELSE {0}.actual_currency END"
_RUN = "coalesce({0}.run, 0)"
_MONTH = "strftime('%Y-%m', {0}.created_at, 'unixepoch')"

# How a row counts; `none`: certainly free.
KIND = """CASE WHEN {0}.state = 'rejected' OR {0}.billed IS 0 THEN 'none'
  WHEN {0}.state IN ('submitting', 'abandoned') THEN 'doubt'
  WHEN {0}.state IN ('running', 'ready') THEN 'reserved' ELSE 'spent' END"""

# What counts against each cap.  `foreign` are sums in currencies that the run has no rate for.  A converted sum is
# rounded up.
VIEWS = """
CREATE VIEW counted AS
SELECT cap.run AS run, cap.scope AS scope, cap.most AS most, cap.currency AS currency, cap.unknown_fits AS unknown_fits,
  coalesce(sum(CASE WHEN balance.currency = cap.currency THEN balance.micros
    WHEN rate.micros IS NOT NULL THEN (balance.micros * rate.micros + 999999) / 1000000 END), 0) AS micros,
  coalesce(sum(balance.unknown), 0) AS unknown,
  coalesce(sum(balance.micros > 0 AND balance.currency <> cap.currency AND rate.micros IS NULL), 0) AS foreign_sums
FROM cap
LEFT JOIN balance ON (cap.scope = 'build' AND balance.run = cap.run)
  OR (cap.scope = 'month' AND balance.month >= cap.month)
LEFT JOIN rate ON rate.run = cap.run AND rate.source = balance.currency AND rate.target = cap.currency
GROUP BY cap.run, cap.scope, cap.currency;
"""


def _entered(row: str, sign: str) -> str:
    """Add a row of `attempt` to its sum, or take it out."""
    owed, currency, run, month = (text.format(row) for text in (OWED, CURRENCY, _RUN, _MONTH))
    return f"""
  INSERT INTO balance (run, month, currency) SELECT {run}, {month}, {currency} WHERE NOT EXISTS
    (SELECT 1 FROM balance WHERE run = {run} AND month = {month} AND currency = {currency});
  UPDATE balance SET micros = micros {sign} coalesce({owed}, 0), unknown = unknown {sign} (({owed}) IS NULL)
  WHERE run = {run} AND month = {month} AND currency = {currency};"""


# One trigger, because the order of two is not defined: the sums must be there before the caps are asked.
TRIGGERS = f"""
CREATE TRIGGER attempt_fits AFTER INSERT ON attempt
BEGIN {_entered("NEW", "+")}
  SELECT RAISE(ABORT, 'over a cap') WHERE (NEW.est_micros IS NULL OR NEW.est_micros > 0) AND EXISTS
    (SELECT 1 FROM counted WHERE run = NEW.run
      AND (micros > most OR foreign_sums > 0 OR (unknown > 0 AND NOT unknown_fits)));
END;

CREATE TRIGGER attempt_counts AFTER UPDATE OF state, billed, actual_micros ON attempt
BEGIN {_entered("OLD", "-")}{_entered("NEW", "+")}
END;

CREATE TRIGGER attempt_permitted BEFORE INSERT ON attempt
WHEN EXISTS (SELECT 1 FROM attempt WHERE job_key = NEW.job_key AND state = 'expired' AND way <> 'local'
  AND id NOT IN (SELECT attempt FROM permit))
BEGIN SELECT RAISE(ABORT, 'paid for and gone: nobody allowed to buy it again'); END;
"""

FIXED = ("run", "cap", "rate", "permit", "answer")


def fixed(table: str) -> str:
    """Rows of a table that are only ever added."""
    return f"""
CREATE TRIGGER {table}_fixed BEFORE UPDATE ON {table}
BEGIN SELECT RAISE(ABORT, 'this row never changes'); END;
CREATE TRIGGER {table}_kept BEFORE DELETE ON {table}
BEGIN SELECT RAISE(ABORT, 'this row is never deleted'); END;
"""


SCHEMA_PARTS = (TABLES, VIEWS, TRIGGERS, *map(fixed, FIXED))
