// Version 1 of the schema, as it was first written: never edited, later versions migrate from it.
// What the tables and columns mean: docs/store.md.
#include "harness/store/schema.h"

namespace timetrial::store {

const char* const kSchemaV1 = R"sql(
CREATE TABLE sweep (
  id               INTEGER PRIMARY KEY,
  name             TEXT NOT NULL UNIQUE CHECK (name <> ''),
  rule_set         TEXT NOT NULL,
  rule_set_hash    TEXT NOT NULL,
  rule_set_text    TEXT NOT NULL,
  tuning           TEXT NOT NULL CHECK (tuning IN ('external', 'self')),
  hardware_profile TEXT NOT NULL,
  hardware_json    TEXT NOT NULL CHECK (hardware_json = '' OR json_valid(hardware_json)),
  versions_json    TEXT NOT NULL CHECK (versions_json = '' OR json_valid(versions_json)),
  seed             INTEGER NOT NULL,
  created_ns       INTEGER NOT NULL,
  max_steps        INTEGER CHECK (max_steps > 0)
) STRICT;

CREATE TABLE sweep_submission (
  sweep_id          INTEGER NOT NULL REFERENCES sweep,
  ordinal           INTEGER NOT NULL,
  name              TEXT NOT NULL CHECK (name <> ''),
  author            TEXT NOT NULL,
  library           TEXT NOT NULL,
  library_hash      TEXT NOT NULL,
  search_space_json TEXT NOT NULL CHECK (search_space_json = '' OR json_valid(search_space_json)),
  search_space_hash TEXT NOT NULL,
  PRIMARY KEY (sweep_id, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE sweep_workload (
  sweep_id            INTEGER NOT NULL REFERENCES sweep,
  ordinal             INTEGER NOT NULL,
  name                TEXT NOT NULL CHECK (name <> ''),
  base                TEXT NOT NULL,
  metric              TEXT NOT NULL CHECK (metric <> ''),
  higher_is_better    INTEGER NOT NULL CHECK (higher_is_better IN (0, 1)),
  validation_target   REAL NOT NULL,
  test_target         REAL NOT NULL,
  budget_s            REAL NOT NULL CHECK (budget_s > 0),
  evaluation_period_s REAL NOT NULL CHECK (evaluation_period_s > 0),
  step_hint           INTEGER NOT NULL CHECK (step_hint >= 0),
  configuration       TEXT NOT NULL,
  configuration_hash  TEXT NOT NULL,
  data_hash           TEXT NOT NULL,
  PRIMARY KEY (sweep_id, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE trial (
  id         TEXT PRIMARY KEY NOT NULL CHECK (length(id) = 64),
  submission TEXT NOT NULL,
  workload   TEXT NOT NULL,
  study      INTEGER NOT NULL CHECK (study >= 0),
  trial      INTEGER NOT NULL CHECK (trial >= 0),
  point_json TEXT NOT NULL CHECK (json_valid(point_json)),
  seed       INTEGER NOT NULL,
  budget_s   REAL NOT NULL CHECK (budget_s > 0)
) STRICT;

CREATE TABLE sweep_trial (
  sweep_id INTEGER NOT NULL REFERENCES sweep,
  ordinal  INTEGER NOT NULL,
  trial_id TEXT NOT NULL REFERENCES trial,
  PRIMARY KEY (sweep_id, ordinal, trial_id),
  UNIQUE (trial_id, sweep_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE attempt (
  id           INTEGER PRIMARY KEY,
  trial_id     TEXT NOT NULL REFERENCES trial,
  run          TEXT NOT NULL CHECK (run <> ''),
  number       INTEGER NOT NULL CHECK (number >= 0),
  started_ns   INTEGER NOT NULL,
  init_time_s  REAL NOT NULL CHECK (init_time_s >= 0),
  start_time_s REAL NOT NULL CHECK (start_time_s >= 0),
  start_step   INTEGER NOT NULL CHECK (start_step >= 0),
  host_json    TEXT NOT NULL CHECK (host_json = '' OR json_valid(host_json)),
  UNIQUE (trial_id, run, number)
) STRICT;

CREATE TABLE attempt_end (
  attempt_id        INTEGER PRIMARY KEY REFERENCES attempt,
  ended_ns          INTEGER NOT NULL,
  submission_time_s REAL NOT NULL CHECK (submission_time_s >= 0),
  frozen_cpu_s      REAL NOT NULL CHECK (frozen_cpu_s >= 0),
  peak_memory_bytes INTEGER NOT NULL CHECK (peak_memory_bytes >= 0),
  noise_json        TEXT NOT NULL CHECK (noise_json = '' OR json_valid(noise_json))
) STRICT;

CREATE TABLE evaluation (
  id                INTEGER PRIMARY KEY,
  attempt_id        INTEGER NOT NULL REFERENCES attempt,
  ordinal           INTEGER NOT NULL CHECK (ordinal >= 0),
  step              INTEGER NOT NULL CHECK (step >= 0),
  submission_time_s REAL NOT NULL CHECK (submission_time_s >= 0),
  evaluation_time_s REAL NOT NULL CHECK (evaluation_time_s >= 0),
  checkpoint_time_s REAL NOT NULL CHECK (checkpoint_time_s >= 0),
  total_time_s      REAL NOT NULL CHECK (total_time_s >= 0),
  parameter_hash    TEXT NOT NULL,
  UNIQUE (attempt_id, ordinal)
) STRICT;

-- SQL has no NaN: a value that is not finite is NULL, and `status` says which.
CREATE TABLE metric (
  evaluation_id INTEGER NOT NULL REFERENCES evaluation,
  name          TEXT NOT NULL CHECK (name <> ''),
  value         REAL,
  status        TEXT NOT NULL CHECK (status IN ('finite', 'nan', 'inf', '-inf')),
  PRIMARY KEY (evaluation_id, name),
  CHECK ((status = 'finite') = (value IS NOT NULL))
) STRICT, WITHOUT ROWID;

CREATE TABLE checkpoint (
  id                INTEGER PRIMARY KEY,
  attempt_id        INTEGER NOT NULL REFERENCES attempt,
  ordinal           INTEGER NOT NULL CHECK (ordinal >= 0),
  file              TEXT NOT NULL CHECK (file <> ''),
  hash              TEXT NOT NULL,
  step              INTEGER NOT NULL CHECK (step >= 0),
  submission_time_s REAL NOT NULL CHECK (submission_time_s >= 0),
  duration_s        REAL NOT NULL CHECK (duration_s >= 0),
  UNIQUE (attempt_id, ordinal)
) STRICT;

-- One per run; several only where shards that ran one trial twice were merged.
CREATE TABLE outcome (
  trial_id          TEXT NOT NULL REFERENCES trial,
  run               TEXT NOT NULL,
  kind              TEXT NOT NULL CHECK (kind IN (
                      'target_reached', 'budget_spent', 'completed', 'diverged',
                      'out_of_memory_host', 'out_of_memory_device', 'crashed', 'hung',
                      'protocol_broken')),
  reason            TEXT NOT NULL,
  step              INTEGER NOT NULL CHECK (step >= 0),
  submission_time_s REAL NOT NULL CHECK (submission_time_s >= 0),
  finished_ns       INTEGER NOT NULL,
  PRIMARY KEY (trial_id, run)
) STRICT, WITHOUT ROWID;

-- The run of a trial that counts: the first to finish, else the one last begun.
CREATE VIEW v_runs AS
SELECT t.id AS trial_id,
       COALESCE((SELECT o.run FROM outcome o WHERE o.trial_id = t.id
                 ORDER BY o.finished_ns, o.run LIMIT 1),
                (SELECT a.run FROM attempt a WHERE a.trial_id = t.id
                 ORDER BY a.started_ns DESC, a.run DESC LIMIT 1)) AS run
FROM trial t;

CREATE VIEW v_trials AS
SELECT s.name AS sweep, s.rule_set, s.rule_set_hash, s.tuning, s.hardware_profile, s.max_steps,
       t.id AS trial_id, t.submission, t.workload, t.study, t.trial, t.point_json, t.seed,
       t.budget_s,
       COALESCE(o.kind, CASE WHEN r.run IS NULL THEN 'planned' ELSE 'open' END) AS status,
       o.reason, o.step AS final_step, o.submission_time_s AS final_time_s, o.finished_ns,
       (SELECT COUNT(*) FROM attempt a WHERE a.trial_id = t.id AND a.run = r.run) AS attempts,
       MAX(COALESCE(o.submission_time_s, 0.0),
           COALESCE((SELECT MAX(a.start_time_s) FROM attempt a
                     WHERE a.trial_id = t.id AND a.run = r.run), 0.0),
           COALESCE((SELECT MAX(n.submission_time_s) FROM attempt a
                     JOIN attempt_end n ON n.attempt_id = a.id
                     WHERE a.trial_id = t.id AND a.run = r.run), 0.0),
           COALESCE((SELECT MAX(e.submission_time_s) FROM attempt a
                     JOIN evaluation e ON e.attempt_id = a.id
                     WHERE a.trial_id = t.id AND a.run = r.run), 0.0),
           COALESCE((SELECT MAX(c.submission_time_s) FROM attempt a
                     JOIN checkpoint c ON c.attempt_id = a.id
                     WHERE a.trial_id = t.id AND a.run = r.run), 0.0)) AS submission_time_s,
       r.run, s.id AS sweep_id, st.ordinal
FROM sweep_trial st
JOIN sweep s ON s.id = st.sweep_id
JOIN trial t ON t.id = st.trial_id
JOIN v_runs r ON r.trial_id = t.id
LEFT JOIN outcome o ON o.trial_id = t.id AND o.run = r.run;

CREATE VIEW v_evaluations AS
SELECT s.name AS sweep, t.id AS trial_id, t.submission, t.workload, t.study, t.trial,
       a.number AS attempt, e.ordinal, e.step, e.submission_time_s, e.evaluation_time_s,
       e.checkpoint_time_s, e.total_time_s, w.metric,
       v.value AS validation, x.value AS test, e.parameter_hash, e.id AS evaluation_id
FROM sweep_trial st
JOIN sweep s ON s.id = st.sweep_id
JOIN trial t ON t.id = st.trial_id
JOIN sweep_workload w ON w.sweep_id = s.id AND w.name = t.workload
JOIN v_runs r ON r.trial_id = t.id
JOIN attempt a ON a.trial_id = t.id AND a.run = r.run
JOIN evaluation e ON e.attempt_id = a.id
LEFT JOIN metric v ON v.evaluation_id = e.id AND v.name = 'validation/' || w.metric
LEFT JOIN metric x ON x.evaluation_id = e.id AND x.name = 'test/' || w.metric;

CREATE VIEW v_time_to_target AS
SELECT s.name AS sweep, t.id AS trial_id, t.submission, t.workload, t.study, t.trial,
       w.metric, w.higher_is_better, w.validation_target, w.test_target, t.budget_s,
       MIN(CASE WHEN e.submission_time_s <= t.budget_s
                 AND CASE WHEN w.higher_is_better THEN v.value >= w.validation_target
                          ELSE v.value <= w.validation_target END
                THEN e.submission_time_s END) AS time_to_target_s,
       MIN(CASE WHEN e.submission_time_s <= t.budget_s
                 AND CASE WHEN w.higher_is_better THEN x.value >= w.test_target
                          ELSE x.value <= w.test_target END
                THEN e.submission_time_s END) AS time_to_test_target_s,
       CASE WHEN w.higher_is_better THEN MAX(v.value) ELSE MIN(v.value) END AS best_validation,
       COUNT(e.id) AS evaluations
FROM sweep_trial st
JOIN sweep s ON s.id = st.sweep_id
JOIN trial t ON t.id = st.trial_id
JOIN sweep_workload w ON w.sweep_id = s.id AND w.name = t.workload
JOIN v_runs r ON r.trial_id = t.id
LEFT JOIN attempt a ON a.trial_id = t.id AND a.run = r.run
LEFT JOIN evaluation e ON e.attempt_id = a.id
LEFT JOIN metric v ON v.evaluation_id = e.id AND v.name = 'validation/' || w.metric
LEFT JOIN metric x ON x.evaluation_id = e.id AND x.name = 'test/' || w.metric
GROUP BY s.id, t.id;

CREATE VIEW v_scores_input AS
SELECT s.name AS sweep, s.rule_set, s.rule_set_hash, s.tuning, s.hardware_profile, s.max_steps,
       g.submission, g.workload, g.study, COUNT(*) AS trials,
       SUM((SELECT COUNT(*) FROM v_runs r JOIN outcome o ON o.trial_id = r.trial_id AND o.run = r.run
            WHERE r.trial_id = g.trial_id)) AS finished_trials,
       COUNT(g.time_to_target_s) AS trials_at_target,
       MIN(g.time_to_target_s) AS time_to_target_s,
       MAX(g.budget_s) AS budget_s
FROM v_time_to_target g
JOIN sweep s ON s.name = g.sweep
GROUP BY s.id, g.submission, g.workload, g.study;
)sql"
                              // What is recorded stays as it was recorded.
                              R"sql(
CREATE TRIGGER sweep_keep_u BEFORE UPDATE ON sweep BEGIN SELECT RAISE(ABORT, 'sweep is append-only'); END;
CREATE TRIGGER sweep_keep_d BEFORE DELETE ON sweep BEGIN SELECT RAISE(ABORT, 'sweep is append-only'); END;
CREATE TRIGGER sweep_submission_keep_u BEFORE UPDATE ON sweep_submission BEGIN SELECT RAISE(ABORT, 'sweep_submission is append-only'); END;
CREATE TRIGGER sweep_submission_keep_d BEFORE DELETE ON sweep_submission BEGIN SELECT RAISE(ABORT, 'sweep_submission is append-only'); END;
CREATE TRIGGER sweep_workload_keep_u BEFORE UPDATE ON sweep_workload BEGIN SELECT RAISE(ABORT, 'sweep_workload is append-only'); END;
CREATE TRIGGER sweep_workload_keep_d BEFORE DELETE ON sweep_workload BEGIN SELECT RAISE(ABORT, 'sweep_workload is append-only'); END;
CREATE TRIGGER trial_keep_u BEFORE UPDATE ON trial BEGIN SELECT RAISE(ABORT, 'trial is append-only'); END;
CREATE TRIGGER trial_keep_d BEFORE DELETE ON trial BEGIN SELECT RAISE(ABORT, 'trial is append-only'); END;
CREATE TRIGGER sweep_trial_keep_u BEFORE UPDATE ON sweep_trial BEGIN SELECT RAISE(ABORT, 'sweep_trial is append-only'); END;
CREATE TRIGGER sweep_trial_keep_d BEFORE DELETE ON sweep_trial BEGIN SELECT RAISE(ABORT, 'sweep_trial is append-only'); END;
CREATE TRIGGER attempt_keep_u BEFORE UPDATE ON attempt BEGIN SELECT RAISE(ABORT, 'attempt is append-only'); END;
CREATE TRIGGER attempt_keep_d BEFORE DELETE ON attempt BEGIN SELECT RAISE(ABORT, 'attempt is append-only'); END;
CREATE TRIGGER attempt_end_keep_u BEFORE UPDATE ON attempt_end BEGIN SELECT RAISE(ABORT, 'attempt_end is append-only'); END;
CREATE TRIGGER attempt_end_keep_d BEFORE DELETE ON attempt_end BEGIN SELECT RAISE(ABORT, 'attempt_end is append-only'); END;
CREATE TRIGGER evaluation_keep_u BEFORE UPDATE ON evaluation BEGIN SELECT RAISE(ABORT, 'evaluation is append-only'); END;
CREATE TRIGGER evaluation_keep_d BEFORE DELETE ON evaluation BEGIN SELECT RAISE(ABORT, 'evaluation is append-only'); END;
CREATE TRIGGER metric_keep_u BEFORE UPDATE ON metric BEGIN SELECT RAISE(ABORT, 'metric is append-only'); END;
CREATE TRIGGER metric_keep_d BEFORE DELETE ON metric BEGIN SELECT RAISE(ABORT, 'metric is append-only'); END;
CREATE TRIGGER checkpoint_keep_u BEFORE UPDATE ON checkpoint BEGIN SELECT RAISE(ABORT, 'checkpoint is append-only'); END;
CREATE TRIGGER checkpoint_keep_d BEFORE DELETE ON checkpoint BEGIN SELECT RAISE(ABORT, 'checkpoint is append-only'); END;
CREATE TRIGGER outcome_keep_u BEFORE UPDATE ON outcome BEGIN SELECT RAISE(ABORT, 'outcome is append-only'); END;
CREATE TRIGGER outcome_keep_d BEFORE DELETE ON outcome BEGIN SELECT RAISE(ABORT, 'outcome is append-only'); END;
)sql";

}  // namespace timetrial::store
