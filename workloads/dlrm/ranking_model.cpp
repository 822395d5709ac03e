#include "workloads/dlrm/ranking_model.h"

#include "workloads/dlrm/movielens.h"
#include "workloads/multitask/heads.h"

#include <ATen/ops/bmm.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/stack.h>

#include <algorithm>
#include <cmath>

namespace timetrial::dlrm {
namespace {

using multitask::Trunk;

class Ranker final : public nn::BuiltModel {
 public:
  Ranker(const RankingConfig& config, const std::vector<multitask::Task>& tasks, c10::Device device)
      : BuiltModel(device),
        table_(
            builder().embedding("embedding", config.vocab_size, config.embed_dim,
                                nn::normal(1 / std::sqrt(static_cast<double>(config.embed_dim))))),
        bottoms_(add_bottoms(config)),
        gates_(add_gates(config, tasks)),
        heads_(builder(), tasks, config.bottom_dims.back(), config.tower_dims) {}

  ModelOutput forward(const Batch& batch, const ForwardOptions& /*options*/) override {
    const at::Tensor& inputs = batch.inputs();
    const at::Tensor ids = inputs.narrow(1, kDenseFeatures, kCategoricalFeatures).to(at::kLong);
    const at::Tensor x = at::cat({inputs.narrow(1, 0, kDenseFeatures), table_(ids).flatten(1)}, 1);
    if (gates_.empty()) return heads_.of_all(bottoms_[0](x));
    std::vector<at::Tensor> experts;
    for (const Trunk& expert : bottoms_) experts.push_back(expert(x));
    ModelOutput output;
    output.representation = at::stack(experts, 1);
    for (std::size_t task = 0; task < gates_.size(); ++task) {
      const at::Tensor shares = gates_[task](x).softmax(1).unsqueeze(1);
      output.task_outputs.push_back(
          heads_.of_task(task, at::bmm(shares, output.representation).squeeze(1)));
    }
    output.logits = at::cat(output.task_outputs, 1);
    return output;
  }

 private:
  static std::int64_t features(const RankingConfig& config) {
    return kDenseFeatures + kCategoricalFeatures * config.embed_dim;
  }

  std::vector<Trunk> add_bottoms(const RankingConfig& config) {
    std::vector<Trunk> bottoms;
    for (std::int64_t i = 0; i < std::max<std::int64_t>(config.experts, 1); ++i) {
      const std::string name = config.experts == 0 ? "bottom" : "experts." + std::to_string(i);
      bottoms.emplace_back(builder(), name, features(config), config.bottom_dims,
                           multitask::Activation::relu);
    }
    return bottoms;
  }

  std::vector<nn::Linear> add_gates(const RankingConfig& config,
                                    const std::vector<multitask::Task>& tasks) {
    std::vector<nn::Linear> gates;
    if (config.experts == 0) return gates;
    for (const multitask::Task& task : tasks) {
      gates.push_back(builder().linear(
          "gates." + task.name, {.in = features(config), .out = config.experts, .bias = false}));
    }
    return gates;
  }

  nn::Embedding table_;
  std::vector<Trunk> bottoms_;     // one, or the experts
  std::vector<nn::Linear> gates_;  // one for each task; of a shared bottom none
  multitask::Heads heads_;
};

}  // namespace

std::unique_ptr<workloads::Model> make_ranking_model(const RankingConfig& config,
                                                     const std::vector<multitask::Task>& tasks,
                                                     c10::Device device) {
  validate(config);
  return std::make_unique<Ranker>(config, tasks, device);
}

}  // namespace timetrial::dlrm
