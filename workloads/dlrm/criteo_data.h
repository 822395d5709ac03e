#pragma once
// Criteo's click logs (the 1 TB data set): the data of AlgoPerf's criteo1tb (commit 2c90454fc05d).
//
// Source    Criteo AI Lab, days 0 to 23 in numbered pieces, which their user brings:
//           docs/data/criteo1tb.md
// Splits    training: days 0 to 22; validation: pieces 19 to 35 of day 23; test: its pieces 0 to
// 18;
//           train subset: training rows evenly spread over the days
// Prepared  training/day_0_00.safetensors and so on, one file a piece, held_back/validation/…,
//           held_back/test/…, held_back/train_subset/…, each with `rows` U8 [n, 110]
//           (workloads/data/criteo_row.h)

#include "workloads/workload.h"

namespace timetrial::dlrm {

/// What must be there. Tests have smaller sets.
struct CriteoCounts {
  std::int64_t training = 4'195'197'692, validation = 83'274'637, test = 95'000'000;
  std::int64_t train_subset = 83'279'872;  ///< validation, rounded up to batches of 8,192
};

/// Throws DataError naming what is missing or malformed, or the split with another number of rows.
void prepare_criteo(const std::filesystem::path& source, const std::filesystem::path& out,
                    const CriteoCounts& counts = {});
std::uint64_t bytes_to_prepare_criteo(const std::filesystem::path& source,
                                      const CriteoCounts& counts = {});

/// Batches: inputs float32 [B, 39] (13 counts, 26 ids), targets and weights float32 [B].
std::unique_ptr<workloads::TrainingData> open_criteo_training(
    const std::filesystem::path& training_dir);
/// Metric "loss", nats per row, read in the order of the files.
std::unique_ptr<workloads::Evaluation> open_criteo_evaluation(
    const std::filesystem::path& held_back_dir);

}  // namespace timetrial::dlrm
