// Version 3: how long training waited for its data. Never edited, later versions migrate from it.
#include "harness/store/schema.h"

namespace timetrial::store {

const char* const kSchemaV3 = R"sql(
-- NULL in rows of older versions, which did not measure it.
ALTER TABLE evaluation ADD COLUMN data_wait_s REAL CHECK (data_wait_s >= 0);

DROP VIEW v_evaluations;

CREATE VIEW v_evaluations AS
SELECT s.name AS sweep, t.id AS trial_id, t.submission, t.workload, t.study, t.trial,
       a.number AS attempt, e.ordinal, e.step, e.submission_time_s, e.evaluation_time_s,
       e.checkpoint_time_s, e.total_time_s, w.metric,
       v.value AS validation, x.value AS test, e.parameter_hash, e.id AS evaluation_id,
       e.data_wait_s
FROM sweep_trial st
JOIN sweep s ON s.id = st.sweep_id
JOIN trial t ON t.id = st.trial_id
JOIN sweep_workload w ON w.sweep_id = s.id AND w.name = t.workload
JOIN v_runs r ON r.trial_id = t.id
JOIN attempt a ON a.trial_id = t.id AND a.run = r.run
JOIN evaluation e ON e.attempt_id = a.id
LEFT JOIN metric v ON v.evaluation_id = e.id AND v.name = 'validation/' || w.metric
LEFT JOIN metric x ON x.evaluation_id = e.id AND x.name = 'test/' || w.metric;
)sql";

}  // namespace timetrial::store
