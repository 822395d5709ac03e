// AGC: Nesterov's momentum on gradients that are clipped unit by unit.
// Source  Brock et al. 2021, "High-Performance Large-Scale Image Recognition Without Normalization"
//         (arXiv 2102.06171), section 4; the momentum as torch.optim.SGD(nesterov=True)
// State   one momentum tensor per parameter
// Tuned   README.md lists the hyperparameters; search_space.json has their ranges
#include <timetrial/adaptive_clip.h>
#include <timetrial/baseline.h>
#include <timetrial/gradient_list.h>
#include <timetrial/update_rules.h>

#include <ATen/core/grad_mode.h>

namespace {

class Agc final : public timetrial::BaselineSubmission {
 public:
  void init(timetrial::Training& training) override {
    timetrial::HyperparameterReader read(training.hyperparameters());
    momentum_factor_ = read.inner_fraction("momentum", 0.9);
    clip_.share = read.positive("clip", clip_.share);
    clip_.shortest_weight = read.positive("clip_epsilon", clip_.shortest_weight);
    clip_.embeddings = true;
    options_ = timetrial::read_baseline(read, training.workload());
    read.finish();
    momentum_ = timetrial::zeros_like_parameters(training);
  }

  void update(timetrial::Training& training, const timetrial::Batch& batch) override {
    training.mean_loss(batch, options_.forward, options_.label_smoothing).backward();
    const at::NoGradGuard no_grad;
    auto reached = timetrial::take_gradients(training, options_.gradient_clip);
    for (std::size_t i = 0; i < reached.gradients.size(); ++i) {
      if (!clip_.clips(training.parameters()[reached.places[i]])) continue;
      timetrial::clip_adaptively(clip_, reached.weights[i], reached.gradients[i]);
    }
    timetrial::momentum_update(reached.weights, reached.gradients, reached.of(momentum_),
                               {.rate = options_.learning_rate(training.step()),
                                .momentum = momentum_factor_,
                                .weight_decay = options_.weight_decay,
                                .nesterov = true});
  }

  void save(timetrial::StateWriter& out) const override { out.put("momentum", momentum_); }
  void load(timetrial::Training& /*training*/, timetrial::StateReader& in) override {
    timetrial::load_into(in, "momentum", momentum_);
  }

 private:
  double momentum_factor_ = 0;
  timetrial::AdaptiveClip clip_;
  timetrial::BaselineOptions options_;
  std::vector<at::Tensor> momentum_;  // in the order of Training::parameters()
};

}  // namespace

TIMETRIAL_SUBMISSION(Agc, "agc", "Timetrial authors")
