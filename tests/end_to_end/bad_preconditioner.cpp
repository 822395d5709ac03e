// Stochastic gradient descent whose account of its preconditioner fails. Hyperparameter "fails": 1
// inverse_root hangs; 2 preconditioner() throws; 3 inverse_root throws the exception by which the
// harness itself says that there is no curvature; 4 inverse_root forgets a parameter.
#include <timetrial/submission.h>

#include <ATen/core/grad_mode.h>

#include <unistd.h>

#include <stdexcept>
#include <vector>

namespace {

enum Fails { root_hangs = 1, throws = 2, root_throws = 3, forgets = 4 };

class BadPreconditioner final : public timetrial::Submission {
 public:
  std::int64_t batch_size(const timetrial::WorkloadInfo&) const override { return 256; }

  void init(timetrial::Training& training) override {
    fails_ = static_cast<Fails>(training.hyperparameters().at("fails"));
  }

  void update(timetrial::Training& training, const timetrial::Batch& batch) override {
    training.mean_loss(batch).backward();
    const at::NoGradGuard no_grad;
    for (const auto& parameter : training.parameters()) {
      at::Tensor gradient = parameter.tensor.grad();
      if (!gradient.defined()) continue;
      parameter.tensor.add_(gradient, -0.01);
      gradient.zero_();
    }
  }

  std::optional<timetrial::Preconditioner> preconditioner(
      const timetrial::Training& /*training*/) const override {
    if (fails_ == throws) throw std::runtime_error("no preconditioner today");
    const auto root = [fails = fails_](std::vector<at::Tensor> vectors) {
      while (fails == root_hangs) pause();
      if (fails == root_throws) throw std::domain_error("no root today");
      if (fails == forgets) vectors.pop_back();
      return vectors;
    };
    return timetrial::Preconditioner{root, 2 / 0.01};
  }

  void save(timetrial::StateWriter&) const override {}
  void load(timetrial::Training&, timetrial::StateReader&) override {}

 private:
  Fails fails_ = throws;
};

}  // namespace

TIMETRIAL_SUBMISSION(BadPreconditioner, "bad_preconditioner", "Timetrial authors")
