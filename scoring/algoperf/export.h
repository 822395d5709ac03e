#pragma once
// A sweep as AlgoPerf's logs, so that AlgoPerf's own scorer can read it.
//
//   <out>/<submission>/study_<S>/<workload>_<framework>/trial_<T>/
//     eval_measurements.csv  one row per evaluation; no file when there is none
//     hparams.json           the point; of imported trials the file that was imported
//     meta_data_0.json       the workload's terms, the seed, the machine as far as it is known
//     flags_0.json           workload, framework, tuning_ruleset, rng_seed
//
// Numbers  the shortest text that reads back as the same number; NaN is an empty cell, as pandas
//          writes it
// Own runs framework "pytorch"; trials count from 1 there and from 0 here; preemption_count is the
//          number of resumes of the whole trial; trials that never began are left out
// Imported folders, columns and their order are those of the logs. Rows that the import skipped are
//          not in the store, so the places of later rows close up

#include "harness/store/store.h"

#include <cstdint>
#include <filesystem>

namespace timetrial::algoperf {

struct ExportReport {
  std::int64_t trials = 0, files = 0;  ///< files: of measurements
};

/// Writes beside `out` and moves it there: `out` is whole or not there. Throws InputError when it
/// exists and is no empty folder, or when its parent does not exist; std::system_error when it
/// cannot be written; StoreError.
ExportReport export_sweep(const store::Store& store, const store::Sweep& sweep,
                          const std::filesystem::path& out);

}  // namespace timetrial::algoperf
