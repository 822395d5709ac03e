// Gradient descent with momentum and one fault, chosen by the hyperparameter "fault".
#include "tests/harness/sdk/faults.h"

#include <timetrial/gradient_list.h>
#include <timetrial/submission.h>

#include <ATen/core/grad_mode.h>

#include <cmath>
#include <csignal>
#include <cstdlib>
#include <random>
#include <stdexcept>
#include <vector>

namespace {

class Faulty final : public timetrial::Submission {
 public:
  std::int64_t batch_size(const timetrial::WorkloadInfo& /*workload*/) const override { return 32; }

  void init(timetrial::Training& training) override {
    fault_ = static_cast<Fault>(training.hyperparameters().at("fault"));
    if (fault_ == Fault::throws) throw std::invalid_argument("learning_rate = -1, expected more");
    momentum_ = timetrial::zeros_like_parameters(training);
  }

  void update(timetrial::Training& training, const timetrial::Batch& batch) override {
    if (fault_ == Fault::segmentation_fault) std::raise(SIGSEGV);
    if (fault_ == Fault::exits) std::_Exit(0);
    training.mean_loss(batch).backward();
    const at::NoGradGuard no_grad;
    double rate = 0.01;
    if (fault_ == Fault::random) rate *= 1 + 1e-3 * (std::random_device()() % 1000);
    if (fault_ == Fault::not_a_number) rate *= NAN;
    if (fault_ == Fault::idle) rate = 0;
    for (std::size_t i = 0; i < momentum_.size(); ++i) {
      const at::Tensor& weight = training.parameters()[i].tensor;
      const bool assumes_gradient = fault_ == Fault::assumes_gradients;
      if (!weight.grad().defined() && !assumes_gradient) continue;
      momentum_[i].mul_(0.9).add_(weight.grad());
      weight.add_(momentum_[i], -rate);
      if (fault_ != Fault::keeps_gradients) weight.mutable_grad().reset();
    }
  }

  void prepare_for_eval(timetrial::Training& training) override {
    if (fault_ != Fault::moves_at_evaluation) return;
    const at::NoGradGuard no_grad;
    for (const auto& parameter : training.parameters()) parameter.tensor.mul_(0.5);
  }

  void save(timetrial::StateWriter& out) const override {
    if (fault_ != Fault::forgets) out.put("momentum", momentum_);
  }
  void load(timetrial::Training& /*training*/, timetrial::StateReader& in) override {
    if (fault_ != Fault::forgets) momentum_ = in.tensors("momentum");
  }

 private:
  Fault fault_ = Fault::none;
  std::vector<at::Tensor> momentum_;
};

}  // namespace

TIMETRIAL_SUBMISSION(Faulty, "faulty", "Timetrial tests")
