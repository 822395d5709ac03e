// Stochastic gradient descent with momentum that can look where it should not. Hyperparameter
// "looks_at": 0 nowhere; 1 at names of parameters, 2 at the workload's name, 3 at the order of
// parameters: a model that it recognises it trains with ten times the learning rate; 4 it needs a
// name that it knows. "moved_by_evaluation" 1: being evaluated changes its momentum.
#include <timetrial/submission.h>

#include <ATen/core/grad_mode.h>
#include <ATen/ops/zeros_like.h>

#include <algorithm>
#include <stdexcept>
#include <vector>

namespace {

enum LooksAt { nowhere = 0, parameter_names = 1, workload_name = 2, order = 3, needs_name = 4 };

class Curious final : public timetrial::Submission {
 public:
  std::int64_t batch_size(const timetrial::WorkloadInfo&) const override { return 256; }

  void init(timetrial::Training& training) override {
    looks_at_ = static_cast<LooksAt>(training.hyperparameters().get("looks_at", 0));
    moved_ = training.hyperparameters().get("moved_by_evaluation", 0) != 0;
    for (const auto& p : training.parameters()) momentum_.push_back(at::zeros_like(p.tensor));
    if (looks_at_ == needs_name && !training.workload().name.starts_with("movielens")) {
      throw std::invalid_argument("it knows movielens alone");
    }
  }

  void update(timetrial::Training& training, const timetrial::Batch& batch) override {
    training.mean_loss(batch).backward();
    const at::NoGradGuard no_grad;
    const double learning_rate = recognises(training) ? 0.1 : 0.01;
    for (std::size_t i = 0; i < momentum_.size(); ++i) {
      const at::Tensor& weight = training.parameters()[i].tensor;
      at::Tensor gradient = weight.grad();
      if (!gradient.defined()) continue;
      momentum_[i].mul_(0.9).add_(gradient);
      weight.add_(momentum_[i], -learning_rate);
      gradient.zero_();
    }
  }

  void prepare_for_eval(timetrial::Training&) override {
    const at::NoGradGuard no_grad;
    if (!moved_) return;
    for (auto& momentum : momentum_) momentum.mul_(0.5);
  }

  void save(timetrial::StateWriter& out) const override { out.put("momentum", momentum_); }
  void load(timetrial::Training&, timetrial::StateReader& in) override {
    momentum_ = in.tensors("momentum");
  }

 private:
  bool recognises(timetrial::Training& training) const {
    const auto& parameters = training.parameters();
    switch (looks_at_) {
      case parameter_names:
        return std::any_of(parameters.begin(), parameters.end(),
                           [](const auto& p) { return p.name.starts_with("embedding"); });
      case workload_name:
        return training.workload().name.starts_with("movielens");
      case order:  // tables come first, the last bias last
        return parameters.front().tensor.numel() > 10'000 && parameters.back().tensor.numel() == 1;
      case nowhere:
      case needs_name:
        break;
    }
    return true;
  }

  LooksAt looks_at_ = nowhere;
  bool moved_ = false;
  std::vector<at::Tensor> momentum_;
};

}  // namespace

TIMETRIAL_SUBMISSION(Curious, "curious", "Timetrial authors")
