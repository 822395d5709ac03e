#pragma once
// Examples with labels of several tasks that fit in memory: their prepared files, training half and
// evaluation half. A data set adds its tasks and how a stored example becomes an input.
//
// Prepared  training/train.safetensors, held_back/{train_subset,validation,test}.safetensors, each
//           with `inputs` [n, ..], `targets` [n, ..] and, where each example is of one task,
//           `tasks` int64 [n], one task after the other; mapped, so that processes share them
// Batches   inputs, targets, weights float32 [B], and tasks int64 [B] where each is of one task
// Errors    DataError naming the file that is missing or has another shape than expected

#include "workloads/multitask/task.h"

#include <ATen/core/Tensor.h>
#include <c10/core/ScalarType.h>

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace timetrial::multitask {

/// One data set.
struct Format {
  std::vector<Task> tasks;
  bool one_task_per_example = false;
  bool keeps_order = false;  ///< TrainingData::keeps_order
  c10::ScalarType input_type = c10::ScalarType::Float;
  std::vector<std::int64_t> input_shape = {};  ///< of one example
  c10::ScalarType target_type = c10::ScalarType::Float;
  std::vector<std::int64_t> target_shape = {};  ///< of one example, such as {tasks}
  /// Columns of the stored targets that the tasks have; empty: all.
  std::vector<std::int64_t> target_columns = {};
  /// Stored inputs [B, ..] as the model takes them; left out: as they are.
  std::function<at::Tensor(const at::Tensor& stored)> inputs = {};
  std::string remedy;  ///< the command that makes the prepared files
};

struct Examples {
  at::Tensor inputs, targets, tasks;  ///< tasks: undefined unless each example is of one
};

struct Splits {
  Examples training, train_subset, validation, test;
};

/// Examples [begin, end), every step-th.
Examples rows(const Examples& examples, std::int64_t begin, std::int64_t end,
              std::int64_t step = 1);
/// One after the other.
Examples join(const std::vector<Examples>& parts);

/// Writes one prepared file.
void write_file(const std::filesystem::path& file, const Examples& examples);
/// Writes the prepared files. Same splits, same bytes.
void write(const std::filesystem::path& out, const Splits& splits);

std::unique_ptr<workloads::TrainingData> open_training(const std::filesystem::path& training_dir,
                                                       const Format& format);
/// Metrics: join_scores() of every task, over its examples.
std::unique_ptr<workloads::Evaluation> open_evaluation(const std::filesystem::path& held_back_dir,
                                                       const Format& format,
                                                       std::int64_t batch_size);

}  // namespace timetrial::multitask
