// Version 5: the tasks of multi-task workloads; what workers tell of training: values recorded by
// submissions, training losses. Never edited, later versions migrate from it.
#include "harness/store/schema.h"

namespace timetrial::store {

const char* const kSchemaV5 = R"sql(
CREATE TABLE sweep_task (
  sweep_id          INTEGER NOT NULL,
  workload          TEXT NOT NULL,
  ordinal           INTEGER NOT NULL,
  name              TEXT NOT NULL CHECK (name <> ''),
  metric            TEXT NOT NULL CHECK (metric <> ''),
  higher_is_better  INTEGER NOT NULL CHECK (higher_is_better IN (0, 1)),
  validation_target REAL,
  PRIMARY KEY (sweep_id, workload, name),
  FOREIGN KEY (sweep_id, workload) REFERENCES sweep_workload (sweep_id, name)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER sweep_task_keep_u BEFORE UPDATE ON sweep_task BEGIN SELECT RAISE(ABORT, 'sweep_task is append-only'); END;
CREATE TRIGGER sweep_task_keep_d BEFORE DELETE ON sweep_task BEGIN SELECT RAISE(ABORT, 'sweep_task is append-only'); END;

CREATE TABLE recorded (
  evaluation_id INTEGER NOT NULL REFERENCES evaluation,
  name          TEXT NOT NULL CHECK (name <> ''),
  value         REAL,
  status        TEXT NOT NULL CHECK (status IN ('finite', 'nan', 'inf', '-inf')),
  PRIMARY KEY (evaluation_id, name),
  CHECK ((status = 'finite') = (value IS NOT NULL))
) STRICT, WITHOUT ROWID;

-- Point i is the mean of steps first_step + i * stride and the stride - 1 after it; float32, little
-- endian.
CREATE TABLE training_loss (
  attempt_id INTEGER NOT NULL REFERENCES attempt,
  first_step INTEGER NOT NULL CHECK (first_step >= 0),
  stride     INTEGER NOT NULL CHECK (stride >= 1),
  losses     BLOB NOT NULL CHECK (length(losses) > 0 AND length(losses) % 4 = 0),
  PRIMARY KEY (attempt_id, first_step)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER recorded_keep_u BEFORE UPDATE ON recorded BEGIN SELECT RAISE(ABORT, 'recorded is append-only'); END;
CREATE TRIGGER recorded_keep_d BEFORE DELETE ON recorded BEGIN SELECT RAISE(ABORT, 'recorded is append-only'); END;
CREATE TRIGGER training_loss_keep_u BEFORE UPDATE ON training_loss BEGIN SELECT RAISE(ABORT, 'training_loss is append-only'); END;
CREATE TRIGGER training_loss_keep_d BEFORE DELETE ON training_loss BEGIN SELECT RAISE(ABORT, 'training_loss is append-only'); END;
)sql";

}  // namespace timetrial::store
