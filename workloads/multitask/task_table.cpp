#include "workloads/multitask/task_table.h"

#include "workloads/data/tensor_io.h"
#include "workloads/multitask/task_losses.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/tensor.h>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <utility>

namespace timetrial::multitask {
namespace {

std::vector<std::int64_t> shape_of(std::int64_t count, const std::vector<std::int64_t>& example) {
  std::vector<std::int64_t> shape{count};
  shape.insert(shape.end(), example.begin(), example.end());
  return shape;
}

/// One prepared file.
class Table {
 public:
  Table(const std::filesystem::path& file, const Format& format) : format_(format) {
    const auto opened = data::open(file, format.remedy);
    inputs_ = data::read(opened, "inputs", format.input_type, shape_of(-1, format.input_shape));
    targets_ = data::read(opened, "targets", format.target_type,
                          shape_of(inputs_.size(0), format.target_shape));
    if (!format.target_columns.empty()) {
      targets_ = targets_.index_select(1, at::tensor(format.target_columns));
    }
    if (!format.one_task_per_example) return;
    tasks_ = data::read(opened, "tasks", at::kLong, {size()});
    count_tasks(file);
  }

  std::int64_t size() const { return inputs_.size(0); }
  /// Of each task; empty unless each example is of one.
  const std::vector<std::int64_t>& examples_of_tasks() const { return counts_; }

  /// Throws std::out_of_range.
  Batch gather(std::span<const std::int64_t> indices) const {
    for (const std::int64_t index : indices) {
      if (index >= 0 && index < size()) continue;
      throw std::out_of_range("example " + std::to_string(index) + " is not in [0, " +
                              std::to_string(size()) + ")");
    }
    const auto rows = at::tensor(at::ArrayRef<std::int64_t>(indices.data(), indices.size()));
    return batch_of(inputs_.index_select(0, rows), targets_.index_select(0, rows),
                    tasks_.defined() ? tasks_.index_select(0, rows) : at::Tensor());
  }

  Batch slice(std::int64_t begin, std::int64_t end) const {
    return batch_of(inputs_.slice(0, begin, end), targets_.slice(0, begin, end),
                    tasks_.defined() ? tasks_.slice(0, begin, end) : at::Tensor());
  }

 private:
  Batch batch_of(const at::Tensor& inputs, const at::Tensor& targets,
                 const at::Tensor& tasks) const {
    Batch batch({{"inputs", format_.inputs ? format_.inputs(inputs) : inputs},
                 {"targets", targets},
                 {"weights", at::ones({targets.size(0)})}});
    if (tasks.defined()) batch.set("tasks", tasks);
    return batch;
  }

  void count_tasks(const std::filesystem::path& file) {
    const auto* task = tasks_.const_data_ptr<std::int64_t>();
    const auto known = static_cast<std::int64_t>(format_.tasks.size());
    counts_.resize(format_.tasks.size());
    for (std::int64_t i = 0; i < size(); ++i) {
      if (task[i] < 0 || task[i] >= known || (i > 0 && task[i] < task[i - 1])) {
        throw workloads::DataError(file.string() + ": example " + std::to_string(i) +
                                   " is of task " + std::to_string(task[i]) + ", expected 0 to " +
                                   std::to_string(known - 1) +
                                   ", one task after the other; make it with: " + format_.remedy);
      }
      ++counts_[static_cast<std::size_t>(task[i])];
    }
  }

  Format format_;
  at::Tensor inputs_, targets_, tasks_;
  std::vector<std::int64_t> counts_;
};

class Training final : public workloads::TrainingData {
 public:
  Training(const std::filesystem::path& folder, const Format& format)
      : table_(folder / "train.safetensors", format), keeps_order_(format.keeps_order) {}
  std::int64_t size() const override { return table_.size(); }
  bool keeps_order() const override { return keeps_order_; }
  std::vector<std::int64_t> examples_of_tasks() const override {
    return table_.examples_of_tasks();
  }
  Batch gather(std::span<const std::int64_t> indices, std::uint64_t) const override {
    return table_.gather(indices);
  }

 private:
  Table table_;
  bool keeps_order_;
};

class HeldBack final : public workloads::Evaluation {
 public:
  HeldBack(const std::filesystem::path& folder, const Format& format, std::int64_t batch_size)
      : format_(format),
        splits_{Table(folder / "train_subset.safetensors", format),
                Table(folder / "validation.safetensors", format),
                Table(folder / "test.safetensors", format)} {
    default_batch_size = batch_size;
  }
  std::int64_t size(workloads::Split split) const override { return table(split).size(); }
  std::map<std::string, double> evaluate(workloads::Model& model, workloads::Split split,
                                         std::int64_t batch_size) const override;

 private:
  /// Outputs and targets of the examples of one task, batch by batch.
  struct Seen {
    std::vector<at::Tensor> outputs, targets;
  };
  void add(const ModelOutput& output, const Batch& batch, std::vector<Seen>& seen) const;

  const Table& table(workloads::Split split) const {
    return splits_[static_cast<std::size_t>(split)];
  }
  Format format_;
  std::array<Table, 3> splits_;  // in the order of Split
};

void HeldBack::add(const ModelOutput& output, const Batch& batch, std::vector<Seen>& seen) const {
  const auto count = static_cast<std::int64_t>(seen.size());
  std::vector<at::Tensor> rows;
  if (format_.one_task_per_example) rows = rows_of_tasks(batch.at("tasks"), count);
  for (std::int64_t k = 0; k < count; ++k) {
    const at::Tensor& outputs = output.task_outputs.at(static_cast<std::size_t>(k));
    if (!outputs.defined()) continue;
    Seen& of_task = seen[static_cast<std::size_t>(k)];
    of_task.outputs.push_back(outputs.cpu());
    of_task.targets.push_back(
        format_.one_task_per_example
            ? batch.targets().index_select(0, rows[static_cast<std::size_t>(k)])
        : count == 1 ? batch.targets()
                     : batch.targets().select(1, k));
  }
}

std::map<std::string, double> HeldBack::evaluate(workloads::Model& model, workloads::Split split,
                                                 std::int64_t batch_size) const {
  if (batch_size < 1) throw std::invalid_argument("batch_size must be at least 1");
  const at::NoGradGuard no_grad;
  const auto device = model.parameters().front().tensor.device();
  ForwardOptions options;
  options.training = false;
  std::vector<Seen> seen(format_.tasks.size());
  for (std::int64_t begin = 0; begin < size(split); begin += batch_size) {
    const Batch on_cpu = table(split).slice(begin, std::min(begin + batch_size, size(split)));
    Batch batch;
    for (const auto& [name, tensor] : on_cpu.tensors()) batch.set(name, tensor.to(device));
    add(model.forward(batch, options), on_cpu, seen);
  }
  std::vector<std::string> names;
  std::vector<std::map<std::string, double>> found;
  for (std::size_t k = 0; k < seen.size(); ++k) {
    names.push_back(format_.tasks[k].name);
    found.push_back(scores(format_.tasks[k], at::cat(seen[k].outputs), at::cat(seen[k].targets)));
  }
  return join_scores(names, found);
}

}  // namespace

Examples rows(const Examples& examples, std::int64_t begin, std::int64_t end, std::int64_t step) {
  const auto part = [&](const at::Tensor& tensor) {
    return tensor.defined() ? tensor.slice(0, begin, end, step) : tensor;
  };
  return {part(examples.inputs), part(examples.targets), part(examples.tasks)};
}

Examples join(const std::vector<Examples>& parts) {
  std::vector<at::Tensor> inputs, targets, tasks;
  for (const Examples& part : parts) {
    inputs.push_back(part.inputs);
    targets.push_back(part.targets);
    if (part.tasks.defined()) tasks.push_back(part.tasks);
  }
  return {at::cat(inputs), at::cat(targets), tasks.empty() ? at::Tensor() : at::cat(tasks)};
}

void write_file(const std::filesystem::path& file, const Examples& examples) {
  std::filesystem::create_directories(file.parent_path());
  std::vector<std::pair<std::string, at::Tensor>> tensors{
      {"inputs", examples.inputs.contiguous()}, {"targets", examples.targets.contiguous()}};
  if (examples.tasks.defined()) tensors.emplace_back("tasks", examples.tasks.contiguous());
  tensorfile::write_file(file, data::views(tensors), {});
}

void write(const std::filesystem::path& out, const Splits& splits) {
  write_file(out / "training/train.safetensors", splits.training);
  write_file(out / "held_back/train_subset.safetensors", splits.train_subset);
  write_file(out / "held_back/validation.safetensors", splits.validation);
  write_file(out / "held_back/test.safetensors", splits.test);
}

std::unique_ptr<workloads::TrainingData> open_training(const std::filesystem::path& training_dir,
                                                       const Format& format) {
  return std::make_unique<Training>(training_dir, format);
}

std::unique_ptr<workloads::Evaluation> open_evaluation(const std::filesystem::path& held_back_dir,
                                                       const Format& format,
                                                       std::int64_t batch_size) {
  return std::make_unique<HeldBack>(held_back_dir, format, batch_size);
}

}  // namespace timetrial::multitask
