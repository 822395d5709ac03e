// The packed rows of Criteo: training half and evaluation half.
#include "workloads/dlrm/criteo_data.h"
#include "workloads/data/criteo_row.h"
#include "workloads/data/packed_rows.h"
#include "workloads/dlrm/dlrm.h"

#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <array>
#include <span>

namespace timetrial::dlrm {
namespace {

using data::kCriteoColumns;
using data::kPackedRowBytes;

constexpr char kRemedy[] = "timetrial data prepare criteo1tb --from DIR";
constexpr std::int64_t kEvaluationBatch = 8'192;

/// A batch whose i-th row is `row(i)`.
template <typename Row>
Batch unpack(std::int64_t count, const Row& row) {
  const at::Tensor inputs = at::empty({count, std::int64_t{kCriteoColumns}});
  const at::Tensor targets = at::empty({count});
  auto* input = inputs.mutable_data_ptr<float>();
  auto* target = targets.mutable_data_ptr<float>();
  for (std::int64_t i = 0; i < count; ++i, input += kCriteoColumns) {
    target[i] = data::unpack_row(row(i), input);
  }
  return Batch({{"inputs", inputs}, {"targets", targets}, {"weights", at::ones({count})}});
}

class Rows {
 public:
  explicit Rows(const std::filesystem::path& folder) : rows_(folder, kPackedRowBytes, kRemedy) {}
  std::int64_t size() const { return rows_.size(); }
  std::span<const std::byte, kPackedRowBytes> operator[](std::int64_t index) const {
    return rows_[index].first<kPackedRowBytes>();
  }

 private:
  data::PackedRows rows_;
};

class Training final : public workloads::TrainingData {
 public:
  explicit Training(const std::filesystem::path& folder) : rows_(folder) {}
  std::int64_t size() const override { return rows_.size(); }
  // Rows lie on disk, each on a page of its own.
  bool worth_reading_ahead() const override { return true; }
  Batch gather(std::span<const std::int64_t> indices, std::uint64_t) const override {
    return unpack(static_cast<std::int64_t>(indices.size()),
                  [&](std::int64_t i) { return rows_[indices[static_cast<std::size_t>(i)]]; });
  }

 private:
  Rows rows_;
};

class HeldBack final : public workloads::Evaluation {
 public:
  explicit HeldBack(const std::filesystem::path& folder)
      : splits_{Rows(folder / "train_subset"), Rows(folder / "validation"), Rows(folder / "test")} {
    default_batch_size = kEvaluationBatch;
  }
  std::int64_t size(workloads::Split split) const override { return rows(split).size(); }
  std::map<std::string, double> evaluate(workloads::Model& model, workloads::Split split,
                                         std::int64_t batch_size) const override;

 private:
  const Rows& rows(workloads::Split split) const {
    return splits_[static_cast<std::size_t>(split)];
  }
  std::array<Rows, 3> splits_;  // in the order of Split
};

std::map<std::string, double> HeldBack::evaluate(workloads::Model& model, workloads::Split split,
                                                 std::int64_t batch_size) const {
  if (batch_size < 1) throw std::invalid_argument("batch_size must be at least 1");
  const at::NoGradGuard no_grad;
  const auto device = model.parameters().front().tensor.device();
  ForwardOptions options;
  options.training = false;
  double nats = 0;
  for (std::int64_t begin = 0; begin < size(split); begin += batch_size) {
    const Batch on_cpu = unpack(std::min(batch_size, size(split) - begin),
                                [&](std::int64_t i) { return rows(split)[begin + i]; });
    Batch batch;
    for (const auto& [name, tensor] : on_cpu.tensors()) batch.set(name, tensor.to(device));
    const at::Tensor logits = model.forward(batch, options).logits;
    nats += click_loss(batch, logits).per_example.sum(at::kDouble).item<double>();
  }
  return {{"loss", nats / static_cast<double>(size(split))}};
}

}  // namespace

std::unique_ptr<workloads::TrainingData> open_criteo_training(
    const std::filesystem::path& training_dir) {
  return std::make_unique<Training>(training_dir);
}

std::unique_ptr<workloads::Evaluation> open_criteo_evaluation(
    const std::filesystem::path& held_back_dir) {
  return std::make_unique<HeldBack>(held_back_dir);
}

}  // namespace timetrial::dlrm
