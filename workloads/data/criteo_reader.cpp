#include "workloads/data/criteo_reader.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/ones.h>

#include <algorithm>
#include <stdexcept>

#include "workloads/data/criteo.h"
#include "workloads/workload.h"

namespace timetrial::data {
namespace {

namespace fs = std::filesystem;

constexpr int kTrainingDays = 23, kLastDay = 23;
constexpr int kPieces = 36, kTestPieces = 19;  // of the last day

[[noreturn]] void lacks(const fs::path& folder, const std::string& what) {
  throw workloads::DataError(folder.string() + ": no " + what +
                             "; expected Criteo's days in numbered pieces, such as day_0_00");
}

std::vector<fs::path> pieces_of_last_day(const fs::path& folder, int begin, int end) {
  std::vector<fs::path> files;
  for (int piece = begin; piece < end; ++piece) {
    const std::string name =
        "day_" + std::to_string(kLastDay) + (piece < 10 ? "_0" : "_") + std::to_string(piece);
    files.push_back(folder / name);
    if (!fs::is_regular_file(files.back())) lacks(folder, name);
  }
  return files;
}

}  // namespace

std::vector<fs::path> criteo_training_files(const fs::path& folder) {
  if (!fs::is_directory(folder)) lacks(folder, "such folder");
  std::vector<fs::path> files;
  for (int day = 0; day < kTrainingDays; ++day) {
    const std::string prefix = "day_" + std::to_string(day) + "_";
    const auto of_day = std::ssize(files);
    for (const auto& entry : fs::directory_iterator(folder)) {
      if (entry.path().filename().string().starts_with(prefix)) files.push_back(entry.path());
    }
    if (std::ssize(files) == of_day) lacks(folder, prefix + "*");
    std::sort(files.begin() + of_day, files.end());
  }
  return files;
}

std::vector<fs::path> criteo_validation_files(const fs::path& folder) {
  return pieces_of_last_day(folder, kTestPieces, kPieces);
}

std::vector<fs::path> criteo_test_files(const fs::path& folder) {
  return pieces_of_last_day(folder, 0, kTestPieces);
}

bool CriteoReader::read_line(std::string& line) {
  for (;;) {
    if (open_.is_open() && std::getline(open_, line)) {
      ++line_number_;
      return true;
    }
    if (open_.bad()) {
      throw workloads::DataError(files_[next_file_ - 1].string() +
                                 ": cannot be read on after line " + std::to_string(line_number_));
    }
    if (next_file_ == files_.size()) return false;
    open_ = std::ifstream(files_[next_file_]);
    if (!open_) {
      throw workloads::DataError(files_[next_file_].string() + ": cannot be opened");
    }
    ++next_file_;
    line_number_ = 0;
  }
}

Batch CriteoReader::next(std::int64_t count) {
  if (count < 1) throw std::invalid_argument("criteo: a batch needs at least one row");
  std::vector<CriteoExample> examples;
  std::string line;
  while (std::ssize(examples) < count && read_line(line)) {
    examples.push_back(parse_criteo_row(
        line, files_[next_file_ - 1].string() + ":" + std::to_string(line_number_)));
  }
  if (examples.empty()) return {};
  const auto rows = std::ssize(examples);
  const at::Tensor inputs = at::empty({rows, std::int64_t{kCriteoColumns}}, at::kFloat);
  const at::Tensor targets = at::empty({rows}, at::kFloat);
  float *input = inputs.mutable_data_ptr<float>(), *target = targets.mutable_data_ptr<float>();
  for (const CriteoExample& one : examples) {
    input = std::copy(one.inputs.begin(), one.inputs.end(), input);
    *target++ = one.target;
  }
  return Batch({{"inputs", inputs}, {"targets", targets}, {"weights", at::ones({rows})}});
}

}  // namespace timetrial::data
