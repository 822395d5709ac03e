#pragma once
// The table-valued function imported_rows(curve, layout, data, metric): the evaluations of one
// imported trial as rows, for SQL. Columns: ordinal, step, submission_time_s, evaluation_time_s,
// total_time_s, validation, test. NaN is NULL. Used by the view v_imported_evaluations.

struct sqlite3;

namespace timetrial::store {

/// Makes the function known to a connection. Throws StoreError.
void register_imported_rows(sqlite3* database);

}  // namespace timetrial::store
