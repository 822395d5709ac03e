#pragma once
// A workload's data prepared into a folder of a test, and what must hold for them.

#include "tests/support/temporary_folder.h"
#include "workloads/workload.h"

#include <gtest/gtest.h>

#include <fstream>
#include <numeric>
#include <set>
#include <sstream>

namespace timetrial::test {

/// Prepared by the registered workload `name`, from `packages` where it reads any.
class PreparedData {
 public:
  explicit PreparedData(const std::string& name, std::filesystem::path packages = {})
      : workload_(workloads::find(name).make()), packages_(std::move(packages)) {
    workload_->prepare(packages_, path());
  }
  const std::filesystem::path& path() const { return folder_.path(); }
  std::unique_ptr<workloads::TrainingData> training() const {
    return workload_->open_training(path() / "training");
  }
  std::unique_ptr<workloads::Evaluation> held_back() const {
    return workload_->open_evaluation(path() / "held_back");
  }

  void expect_same_bytes_again() const {
    const TemporaryFolder again;
    workload_->prepare(packages_, again.path());
    std::size_t files = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(path())) {
      if (!entry.is_regular_file()) continue;
      const auto name = std::filesystem::relative(entry.path(), path());
      EXPECT_TRUE(bytes_of(entry.path()) == bytes_of(again.path() / name)) << name;
      ++files;
    }
    EXPECT_GE(files, 4U);
  }

 private:
  static std::string bytes_of(const std::filesystem::path& file) {
    std::ostringstream text;
    text << std::ifstream(file, std::ios::binary).rdbuf();
    return text.str();
  }

  std::unique_ptr<workloads::Workload> workload_;
  std::filesystem::path packages_;
  TemporaryFolder folder_;
};

/// The examples [begin, end) of a training set.
inline Batch examples(const workloads::TrainingData& training, std::int64_t begin,
                      std::int64_t end) {
  std::vector<std::int64_t> indices(static_cast<std::size_t>(end - begin));
  std::iota(indices.begin(), indices.end(), begin);
  return training.gather(indices, 0);
}

/// The rows of a float32 matrix, for looking for the same one elsewhere.
inline std::set<std::vector<float>> rows_of(const at::Tensor& matrix) {
  const at::Tensor values = matrix.contiguous();
  const auto columns = values.size(1);
  std::set<std::vector<float>> rows;
  for (std::int64_t i = 0; i < values.size(0); ++i) {
    const float* begin = values.const_data_ptr<float>() + i * columns;
    rows.emplace(begin, begin + columns);
  }
  return rows;
}

}  // namespace timetrial::test
