// Version 4: trials whose times do not count, and why. Never edited, later versions migrate from
// it.
#include "harness/store/schema.h"

namespace timetrial::store {

const char* const kSchemaV4 = R"sql(
-- A run is quarantined while its last row says 'add'. Lifting is a row of its own.
CREATE TABLE quarantine (
  trial_id    TEXT NOT NULL REFERENCES trial,
  run         TEXT NOT NULL CHECK (run <> ''),
  recorded_ns INTEGER NOT NULL,
  action      TEXT NOT NULL CHECK (action IN ('add', 'lift')),
  reason      TEXT NOT NULL CHECK (reason <> ''),
  PRIMARY KEY (trial_id, run, recorded_ns, action, reason)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER quarantine_keep_u BEFORE UPDATE ON quarantine BEGIN SELECT RAISE(ABORT, 'quarantine is append-only'); END;
CREATE TRIGGER quarantine_keep_d BEFORE DELETE ON quarantine BEGIN SELECT RAISE(ABORT, 'quarantine is append-only'); END;

CREATE VIEW v_quarantine AS
SELECT s.name AS sweep, t.id AS trial_id, t.submission, t.workload, t.study, t.trial,
       q.action = 'add' AS quarantined, q.reason, q.recorded_ns, q.run, s.id AS sweep_id,
       st.ordinal
FROM quarantine q  -- few rows; CROSS JOIN keeps SQLite from beginning with all trials
CROSS JOIN v_runs r ON r.trial_id = q.trial_id AND r.run = q.run
CROSS JOIN trial t ON t.id = q.trial_id
CROSS JOIN sweep_trial st ON st.trial_id = q.trial_id
CROSS JOIN sweep s ON s.id = st.sweep_id
WHERE NOT EXISTS (
  SELECT 1 FROM quarantine later WHERE later.trial_id = q.trial_id AND later.run = q.run
    AND (later.recorded_ns, later.action, later.reason) > (q.recorded_ns, q.action, q.reason));
)sql";

}  // namespace timetrial::store
