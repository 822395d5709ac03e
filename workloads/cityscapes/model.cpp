#include "workloads/cityscapes/model.h"

#include "workloads/resnet/encoder.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/upsample_bilinear2d.h>

namespace timetrial::cityscapes {
namespace {

using resnet::ConvNorm;

at::Tensor with_relu(const ConvNorm& layer, const at::Tensor& x, const ForwardOptions& options) {
  return layer(x, options).relu_();
}

/// One head of DeepLabv3: what is at a place, near to it, far from it, and in the whole image.
class Head {
 public:
  Head(nn::Builder& builder, std::vector<NamedTensor>& state, const std::string& name,
       std::int64_t in, std::int64_t outputs, const Config& config)
      : dropout_(config.dropout) {
    const std::int64_t width = config.head_width;
    const auto add = [&](const std::string& part, const nn::Conv2dSpec& spec) {
      norms_.push_back({nn::add_conv2d(builder, name + "." + part + ".conv", spec),
                        nn::add_batch_norm(builder, state, name + "." + part + ".bn", spec.out)});
      return norms_.back();
    };
    branches_.push_back(add("branches.0", {.in = in, .out = width, .kernel = 1}));
    for (std::size_t i = 0; i < config.rates.size(); ++i) {
      const std::int64_t rate = config.rates[i];
      branches_.push_back(add("branches." + std::to_string(i + 1),
                              {.in = in, .out = width, .padding = rate, .dilation = rate}));
    }
    pooled_ = add("pooled", {.in = in, .out = width, .kernel = 1});
    const auto joined = static_cast<std::int64_t>(branches_.size() + 1) * width;
    projection_ = add("projection", {.in = joined, .out = width, .kernel = 1});
    refinement_ = add("refinement", {.in = width, .out = width, .padding = 1});
    output_ = nn::add_conv2d(builder, name + ".output",
                             {.in = width, .out = outputs, .kernel = 1, .bias = true});
  }

  at::Tensor operator()(const at::Tensor& features, const ForwardOptions& options) const {
    std::vector<at::Tensor> seen;
    for (const ConvNorm& branch : branches_) seen.push_back(with_relu(branch, features, options));
    // Stretching one pixel is the same as repeating it.
    seen.push_back(with_relu(pooled_, features.mean({2, 3}, /*keepdim=*/true), options)
                       .expand_as(seen.front()));
    at::Tensor x = with_relu(projection_, at::cat(seen, 1), options);
    x = nn::dropout(x, nn::dropout_rate(options, dropout_));
    return output_(with_relu(refinement_, x, options));
  }

  void forget() const {
    for (const ConvNorm& layer : norms_) nn::forget(layer.norm);
  }

 private:
  double dropout_;
  std::vector<ConvNorm> branches_, norms_;
  ConvNorm pooled_, projection_, refinement_;
  nn::Conv2d output_;
};

class SceneModel final : public nn::BuiltModel {
 public:
  SceneModel(const Config& config, const std::vector<multitask::Task>& tasks, c10::Device device)
      : BuiltModel(device), encoder_(builder(), state_, config.encoder, "encoder.") {
    for (const multitask::Task& task : tasks) {
      heads_.emplace_back(builder(), state_, "heads." + task.name, encoder_.channels(),
                          task.outputs, config);
    }
  }

  void initialize(std::uint64_t seed) override {
    BuiltModel::initialize(seed);
    encoder_.forget();
    for (const Head& head : heads_) head.forget();
  }

  ModelOutput forward(const Batch& batch, const ForwardOptions& options) override {
    const at::Tensor& images = batch.inputs();
    ModelOutput output;
    output.representation = encoder_(images, options);
    for (const Head& head : heads_) {
      output.task_outputs.push_back(at::upsample_bilinear2d(
          head(output.representation, options), images.sizes().slice(2), /*align_corners=*/true));
    }
    output.logits = at::cat(output.task_outputs, 1);
    return output;
  }

 private:
  resnet::Encoder encoder_;
  std::vector<Head> heads_;
};

}  // namespace

std::unique_ptr<workloads::Model> make_model(const Config& config,
                                             const std::vector<multitask::Task>& tasks,
                                             c10::Device device) {
  return std::make_unique<SceneModel>(config, tasks, device);
}

}  // namespace timetrial::cityscapes
