#include "workloads/multitask/joined_tasks.h"

#include "workloads/multitask/task.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/tensor.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace timetrial::multitask {
namespace {

class Training final : public workloads::TrainingData {
 public:
  explicit Training(std::vector<std::unique_ptr<workloads::TrainingData>> parts)
      : parts_(std::move(parts)) {}

  std::int64_t size() const override {
    std::int64_t sum = 0;
    for (const auto& part : parts_) sum += part->size();
    return sum;
  }

  std::vector<std::int64_t> examples_of_tasks() const override {
    std::vector<std::int64_t> sizes;
    for (const auto& part : parts_) sizes.push_back(part->size());
    return sizes;
  }

  bool worth_reading_ahead() const override {
    return std::any_of(parts_.begin(), parts_.end(),
                       [](const auto& part) { return part->worth_reading_ahead(); });
  }

  Batch gather(std::span<const std::int64_t> indices, std::uint64_t seed) const override {
    std::vector<std::vector<std::int64_t>> wanted(parts_.size());
    std::vector<std::int64_t> tasks;
    for (const std::int64_t index : indices) {
      const auto [task, within] = place_of(index);
      wanted[task].push_back(within);
      tasks.push_back(static_cast<std::int64_t>(task));
    }
    std::vector<Batch> batches;
    for (std::size_t task = 0; task < parts_.size(); ++task) {
      if (!wanted[task].empty()) batches.push_back(parts_[task]->gather(wanted[task], seed));
    }
    Batch joined;
    if (batches.empty()) return joined;
    const at::Tensor order = at::tensor(order_of(tasks));
    for (const auto& [name, tensor] : batches.front().tensors()) {
      std::vector<at::Tensor> tensors;
      for (const Batch& batch : batches) tensors.push_back(batch.at(name));
      joined.set(name, at::cat(tensors).index_select(0, order));
    }
    joined.set("tasks", at::tensor(tasks));
    return joined;
  }

 private:
  std::pair<std::size_t, std::int64_t> place_of(std::int64_t index) const {
    if (index >= 0) {
      std::int64_t within = index;
      for (std::size_t task = 0; task < parts_.size(); within -= parts_[task++]->size()) {
        if (within < parts_[task]->size()) return {task, within};
      }
    }
    throw std::out_of_range("example " + std::to_string(index) + " is not in [0, " +
                            std::to_string(size()) + ")");
  }

  /// Where the examples that were asked for are once they lie one task after the other.
  std::vector<std::int64_t> order_of(const std::vector<std::int64_t>& tasks) const {
    std::vector<std::int64_t> next(parts_.size() + 1);
    for (const std::int64_t task : tasks) ++next[static_cast<std::size_t>(task) + 1];
    for (std::size_t task = 1; task < next.size(); ++task) next[task] += next[task - 1];
    std::vector<std::int64_t> order;
    for (const std::int64_t task : tasks) order.push_back(next[static_cast<std::size_t>(task)]++);
    return order;
  }

  std::vector<std::unique_ptr<workloads::TrainingData>> parts_;
};

class HeldBack final : public workloads::Evaluation {
 public:
  HeldBack(std::vector<std::string> names,
           std::vector<std::unique_ptr<workloads::Evaluation>> parts)
      : names_(std::move(names)), parts_(std::move(parts)) {
    default_batch_size = parts_.front()->default_batch_size;
  }

  std::int64_t size(workloads::Split split) const override {
    std::int64_t sum = 0;
    for (const auto& part : parts_) sum += part->size(split);
    return sum;
  }

  std::map<std::string, double> evaluate(workloads::Model& model, workloads::Split split,
                                         std::int64_t batch_size) const override {
    std::vector<std::map<std::string, double>> found;
    for (const auto& part : parts_) found.push_back(part->evaluate(model, split, batch_size));
    return join_scores(names_, found);
  }

 private:
  std::vector<std::string> names_;
  std::vector<std::unique_ptr<workloads::Evaluation>> parts_;
};

}  // namespace

std::unique_ptr<workloads::TrainingData> join_training(
    std::vector<std::unique_ptr<workloads::TrainingData>> parts) {
  return std::make_unique<Training>(std::move(parts));
}

std::unique_ptr<workloads::Evaluation> join_evaluations(
    std::vector<std::string> names, std::vector<std::unique_ptr<workloads::Evaluation>> parts) {
  return std::make_unique<HeldBack>(std::move(names), std::move(parts));
}

}  // namespace timetrial::multitask
