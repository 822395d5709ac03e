// Version 2: what was imported from the logs of another harness. Never edited, later versions
// migrate from it. What the tables and columns mean: docs/store.md.
//
// Own runs have a row per evaluation, since each must survive a crash by itself. Imported curves
// come whole and by the hundred thousand rows, so a trial is one row and its columns are packed:
// imported_trial has what scoring reads, imported_measurement everything else.
#include "harness/store/schema.h"

namespace timetrial::store {

const char* const kSchemaV2 = R"sql(
-- Texts that thousands of trials share: points, hyperparameter files, column layouts, machines.
CREATE TABLE imported_text (
  id   INTEGER PRIMARY KEY,
  text TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE imported_sweep (
  sweep_id        INTEGER PRIMARY KEY REFERENCES sweep,
  format          TEXT NOT NULL CHECK (format <> ''),
  planned_studies INTEGER NOT NULL CHECK (planned_studies > 0)
) STRICT;

CREATE TABLE imported_remark (
  id       INTEGER PRIMARY KEY,
  sweep_id INTEGER NOT NULL REFERENCES imported_sweep,
  remark   TEXT NOT NULL CHECK (remark <> ''),
  UNIQUE (sweep_id, remark)
) STRICT;

CREATE TABLE imported_trial (
  id                    INTEGER PRIMARY KEY,
  sweep_id              INTEGER NOT NULL REFERENCES imported_sweep,
  submission            TEXT NOT NULL,
  workload              TEXT NOT NULL,
  study                 INTEGER NOT NULL CHECK (study >= 0),
  trial                 INTEGER NOT NULL CHECK (trial >= 0),
  trial_id              TEXT NOT NULL CHECK (length(trial_id) = 64),
  point                 INTEGER NOT NULL REFERENCES imported_text,
  budget_s              REAL NOT NULL CHECK (budget_s > 0),
  kind                  TEXT NOT NULL CHECK (kind IN (
                          'target_reached', 'budget_spent', 'completed', 'diverged',
                          'out_of_memory_host', 'out_of_memory_device', 'crashed', 'hung',
                          'protocol_broken')),
  reason                TEXT NOT NULL,
  step                  INTEGER NOT NULL CHECK (step >= 0),
  submission_time_s     REAL NOT NULL CHECK (submission_time_s >= 0),
  evaluation_time_s     REAL NOT NULL CHECK (evaluation_time_s >= 0),
  time_to_target_s      REAL,
  time_to_test_target_s REAL,
  best_validation       REAL,
  evaluations           INTEGER NOT NULL CHECK (evaluations >= 0),
  places                BLOB NOT NULL,
  curve                 BLOB NOT NULL,
  UNIQUE (sweep_id, submission, workload, study, trial),
  FOREIGN KEY (sweep_id, submission) REFERENCES sweep_submission (sweep_id, name),
  FOREIGN KEY (sweep_id, workload) REFERENCES sweep_workload (sweep_id, name),
  CHECK (length(places) IN (0, 4 * evaluations)),
  CHECK (length(curve) = 24 * evaluations)
) STRICT;

CREATE INDEX imported_trial_by_id ON imported_trial (trial_id, sweep_id);

CREATE TABLE imported_measurement (
  id      INTEGER PRIMARY KEY REFERENCES imported_trial,
  layout  INTEGER NOT NULL REFERENCES imported_text,
  hparams INTEGER NOT NULL REFERENCES imported_text,
  origin  INTEGER NOT NULL REFERENCES imported_text,
  seed    INTEGER,
  folder  TEXT NOT NULL,
  data    BLOB NOT NULL
) STRICT;

DROP VIEW v_scores_input;
DROP VIEW v_time_to_target;
DROP VIEW v_trials;

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
LEFT JOIN outcome o ON o.trial_id = t.id AND o.run = r.run
UNION ALL
SELECT s.name, s.rule_set, s.rule_set_hash, s.tuning, s.hardware_profile, s.max_steps,
       i.trial_id, i.submission, i.workload, i.study, i.trial, p.text, COALESCE(m.seed, 0),
       i.budget_s, i.kind, i.reason, i.step, i.submission_time_s, NULL, 0, i.submission_time_s,
       NULL, s.id, i.id
FROM imported_trial i
JOIN sweep s ON s.id = i.sweep_id
JOIN imported_text p ON p.id = i.point
JOIN imported_measurement m ON m.id = i.id;

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
GROUP BY s.id, t.id
UNION ALL
SELECT s.name, i.trial_id, i.submission, i.workload, i.study, i.trial, w.metric,
       w.higher_is_better, w.validation_target, w.test_target, i.budget_s, i.time_to_target_s,
       i.time_to_test_target_s, i.best_validation, i.evaluations
FROM imported_trial i
JOIN sweep s ON s.id = i.sweep_id
JOIN sweep_workload w ON w.sweep_id = s.id AND w.name = i.workload;

CREATE VIEW v_scores_input AS
SELECT s.name AS sweep, s.rule_set, s.rule_set_hash, s.tuning, s.hardware_profile, s.max_steps,
       g.submission, g.workload, g.study, COUNT(*) AS trials,
       SUM(COALESCE((SELECT COUNT(*) FROM v_runs r
                     JOIN outcome o ON o.trial_id = r.trial_id AND o.run = r.run
                     WHERE r.trial_id = g.trial_id), 0)
           + EXISTS (SELECT 1 FROM imported_sweep m WHERE m.sweep_id = s.id)) AS finished_trials,
       COUNT(g.time_to_target_s) AS trials_at_target,
       MIN(g.time_to_target_s) AS time_to_target_s,
       MAX(g.budget_s) AS budget_s
FROM v_time_to_target g
JOIN sweep s ON s.name = g.sweep
GROUP BY s.id, g.submission, g.workload, g.study;

-- Needs the table-valued function imported_rows, which `timetrial store query` has and the sqlite3
-- shell lacks.
CREATE VIEW v_imported_evaluations AS
SELECT s.name AS sweep, i.trial_id, i.submission, i.workload, i.study, i.trial, r.ordinal, r.step,
       r.submission_time_s, r.evaluation_time_s, r.total_time_s, w.metric, r.validation, r.test
FROM imported_trial i
JOIN sweep s ON s.id = i.sweep_id
JOIN sweep_workload w ON w.sweep_id = s.id AND w.name = i.workload
JOIN imported_measurement m ON m.id = i.id
JOIN imported_text l ON l.id = m.layout
JOIN imported_rows(i.curve, l.text, m.data, w.metric) r;

CREATE TRIGGER imported_text_keep_u BEFORE UPDATE ON imported_text BEGIN SELECT RAISE(ABORT, 'imported_text is append-only'); END;
CREATE TRIGGER imported_text_keep_d BEFORE DELETE ON imported_text BEGIN SELECT RAISE(ABORT, 'imported_text is append-only'); END;
CREATE TRIGGER imported_sweep_keep_u BEFORE UPDATE ON imported_sweep BEGIN SELECT RAISE(ABORT, 'imported_sweep is append-only'); END;
CREATE TRIGGER imported_sweep_keep_d BEFORE DELETE ON imported_sweep BEGIN SELECT RAISE(ABORT, 'imported_sweep is append-only'); END;
CREATE TRIGGER imported_remark_keep_u BEFORE UPDATE ON imported_remark BEGIN SELECT RAISE(ABORT, 'imported_remark is append-only'); END;
CREATE TRIGGER imported_remark_keep_d BEFORE DELETE ON imported_remark BEGIN SELECT RAISE(ABORT, 'imported_remark is append-only'); END;
CREATE TRIGGER imported_trial_keep_u BEFORE UPDATE ON imported_trial BEGIN SELECT RAISE(ABORT, 'imported_trial is append-only'); END;
CREATE TRIGGER imported_trial_keep_d BEFORE DELETE ON imported_trial BEGIN SELECT RAISE(ABORT, 'imported_trial is append-only'); END;
CREATE TRIGGER imported_measurement_keep_u BEFORE UPDATE ON imported_measurement BEGIN SELECT RAISE(ABORT, 'imported_measurement is append-only'); END;
CREATE TRIGGER imported_measurement_keep_d BEFORE DELETE ON imported_measurement BEGIN SELECT RAISE(ABORT, 'imported_measurement is append-only'); END;
)sql";

}  // namespace timetrial::store
