#include "workloads/unet/reconstruction.h"

#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <numeric>
#include <sstream>
#include <stdexcept>

#include "workloads/metrics/ssim.h"
#include "workloads/nn/losses.h"
#include "workloads/unet/slice_set.h"

namespace timetrial::unet {
namespace {

/// More levels would need images of more than 4,096 pixels a side.
constexpr std::int64_t kMostLevels = 12;

void expect(bool valid, const char* field, std::int64_t value, const std::string& allowed) {
  if (valid) return;
  throw workloads::ConfigError(std::string("unet: ") + field + " = " + std::to_string(value) +
                               "; it must be " + allowed);
}

class Training final : public workloads::TrainingData {
 public:
  explicit Training(SliceSet slices) : slices_(std::move(slices)) {}
  std::int64_t size() const override { return slices_.size(); }
  Batch gather(std::span<const std::int64_t> indices, std::uint64_t) const override {
    return slices_.gather(indices);
  }

 private:
  const SliceSet slices_;
};

class HeldBack final : public workloads::Evaluation {
 public:
  /// In the order of Split.
  HeldBack(std::vector<SliceSet> splits, std::int64_t batch_size) : splits_(std::move(splits)) {
    default_batch_size = batch_size;
  }

  std::int64_t size(workloads::Split split) const override { return slices(split).size(); }

  std::map<std::string, double> evaluate(workloads::Model& model, workloads::Split split,
                                         std::int64_t batch_size) const override {
    if (batch_size < 1) throw std::invalid_argument("evaluation batch size must be at least 1");
    const at::NoGradGuard no_grad;
    ForwardOptions evaluation;
    evaluation.training = false;
    const c10::Device device = model.parameters().front().tensor.device();
    double similarity = 0, error = 0;
    for (std::int64_t begin = 0; begin < size(split); begin += batch_size) {
      std::vector<std::int64_t> indices(std::min(batch_size, size(split) - begin));
      std::iota(indices.begin(), indices.end(), begin);
      const Batch on_cpu = slices(split).gather(indices);
      Batch batch;
      for (const auto& [name, tensor] : on_cpu.tensors()) batch.set(name, tensor.to(device));
      const at::Tensor images = model.forward(batch, evaluation).logits;
      const metrics::ImageScale scale{batch.at("mean"), batch.at("std"), batch.at("volume_max")};
      similarity += metrics::ssim(images, batch.targets(), scale).sum().item<double>();
      error += nn::mean_absolute_error(images, batch.targets(), batch.weights())
                   .per_example.sum(at::kDouble)
                   .item<double>();
    }
    const auto count = static_cast<double>(size(split));
    return {{"ssim", similarity / count}, {"loss", error / count}};
  }

 private:
  const SliceSet& slices(workloads::Split split) const {
    return splits_[static_cast<std::size_t>(split)];
  }

  const std::vector<SliceSet> splits_;
};

}  // namespace

void check(const Config& config) {
  expect(config.channels >= 1, "channels", config.channels, "at least 1");
  expect(config.pool_levels >= 1 && config.pool_levels <= kMostLevels, "pool_levels",
         config.pool_levels, "from 1 to " + std::to_string(kMostLevels));
}

ReconstructionWorkload::ReconstructionWorkload(const Config& config, SliceSource source)
    : config_(config), source_(std::move(source)) {
  check(config);
}

workloads::Facts ReconstructionWorkload::facts() const {
  return {.loss_type = LossType::mean_absolute_error,
          .metric = "ssim",
          .higher_is_better = true,
          .dataset = source_.dataset,
          .source = source_.source};
}

std::string ReconstructionWorkload::configuration() const {
  std::ostringstream text;
  text << std::boolalpha << "channels = " << config_.channels
       << "\nlayer_norm = " << config_.layer_norm << "\npool_levels = " << config_.pool_levels
       << "\ntanh = " << config_.tanh << '\n';
  return text.str();
}

std::unique_ptr<workloads::Model> ReconstructionWorkload::make_model(c10::Device device) const {
  return unet::make_model(config_, device);
}

Loss ReconstructionWorkload::loss(const Batch& batch, const ModelOutput& output, double) const {
  return nn::mean_absolute_error(output.logits, batch.targets(), batch.weights());
}

std::unique_ptr<workloads::TrainingData> ReconstructionWorkload::open_training(
    const std::filesystem::path& training_dir) const {
  return std::make_unique<Training>(SliceSet(training_dir, "train", source_.prepare));
}

std::unique_ptr<workloads::Evaluation> ReconstructionWorkload::open_evaluation(
    const std::filesystem::path& held_back_dir) const {
  std::vector<SliceSet> splits;
  for (const char* split : {"train_subset", "validation", "test"}) {
    splits.emplace_back(held_back_dir, split, source_.prepare);
  }
  return std::make_unique<HeldBack>(std::move(splits), source_.evaluation_batch_size);
}

}  // namespace timetrial::unet
