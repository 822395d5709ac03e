#pragma once
// Criteo's click logs as they lie on disk for AlgoPerf: one folder with each day's rows split into
// numbered pieces, day_0_00, day_0_01, … to day_23_35, plain text. Days 0 to 22 are for training;
// of day 23 the pieces 00 to 18 are the test split, 19 to 35 validation.
//
//   CriteoReader reader(criteo_validation_files(folder));
//   for (Batch batch = reader.next(8192); batch.size() > 0; batch = reader.next(8192)) …
//
// Rows stream: a file is open at a time, and no more than a batch is in memory.

#include <timetrial/batch.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace timetrial::data {

/// In the order of days and pieces. Throw workloads::DataError naming folder and the day or piece
/// that is missing.
std::vector<std::filesystem::path> criteo_training_files(const std::filesystem::path& folder);
std::vector<std::filesystem::path> criteo_validation_files(const std::filesystem::path& folder);
std::vector<std::filesystem::path> criteo_test_files(const std::filesystem::path& folder);

class CriteoReader {
 public:
  /// The rows of `files`, in their order.
  explicit CriteoReader(std::vector<std::filesystem::path> files) : files_(std::move(files)) {}

  /// The next rows, at most `count`, also across files: inputs float32 [B, 39], targets [B],
  /// weights [B] of 1. After the last row, a batch without tensors. Throws workloads::DataError
  /// naming file and line for a malformed row or a file that cannot be read, std::invalid_argument
  /// unless count >= 1.
  Batch next(std::int64_t count);

 private:
  /// False after the last row.
  bool read_line(std::string& line);

  std::vector<std::filesystem::path> files_;
  std::size_t next_file_ = 0;
  std::ifstream open_;
  std::int64_t line_number_ = 0;  // of the open file, from 1
};

}  // namespace timetrial::data
