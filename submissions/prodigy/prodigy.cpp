// Prodigy: Adam that estimates how far the solution is, and with it its own learning rate.
// Source  Mishchenko and Defazio 2024, "Prodigy: An Expeditiously Adaptive Parameter-Free Learner",
//         Algorithm 4; the same arithmetic as the authors' prodigyopt 1.1.2 in its defaults
// State   two moments, a sum of gradients and the first weights per parameter; the estimate, its
//         numerator and the number of updates
// Tuned   README.md lists the hyperparameters; search_space.json has their ranges
#include <timetrial/adam.h>
#include <timetrial/baseline.h>
#include <timetrial/gradient_list.h>
#include <timetrial/update_rules.h>

#include <ATen/core/grad_mode.h>

#include <cmath>

namespace {

class Prodigy final : public timetrial::BaselineSubmission {
 public:
  void init(timetrial::Training& training) override {
    timetrial::HyperparameterReader read(training.hyperparameters());
    adam_ = timetrial::read_adam(read);
    first_distance_ = read.positive("d0", 1e-6);
    distance_factor_ = read.positive("d_coef", 1);
    corrects_bias_ = read.choice("use_bias_correction", 1, 0) == 1;
    safeguard_ = read.choice("safeguard_warmup", 1, 0) == 1;
    options_ = timetrial::read_baseline(read, training.workload());
    decay_is_independent_ = read.choice("weight_decay_form", 1, 0) == 1;
    read.finish();
    so_far_.distance = first_distance_;
    first_moment_ = timetrial::zeros_like_parameters(training);
    second_moment_ = timetrial::zeros_like_parameters(training);
    sums_ = timetrial::zeros_like_parameters(training);
    for (const auto& parameter : training.parameters()) {
      start_.push_back(parameter.tensor.detach().clone());
    }
  }

  void update(timetrial::Training& training, const timetrial::Batch& batch) override {
    training.mean_loss(batch, options_.forward, options_.label_smoothing).backward();
    const at::NoGradGuard no_grad;
    auto reached = timetrial::take_gradients(training, options_.gradient_clip);
    ++updates_;
    so_far_ = timetrial::prodigy_update(reached.weights, reached.gradients,
                                        reached.of(first_moment_), reached.of(second_moment_),
                                        reached.of(sums_), reached.of(start_), so_far_,
                                        {.rate = options_.learning_rate(training.step()) * bias(),
                                         .beta1 = adam_.beta1,
                                         .beta2 = adam_.beta2,
                                         .epsilon = adam_.epsilon,
                                         .weight_decay = weight_decay(),
                                         .first_distance = first_distance_,
                                         .distance_factor = distance_factor_,
                                         .safeguard = safeguard_});
  }

  void save(timetrial::StateWriter& out) const override {
    out.put("first_moment", first_moment_);
    out.put("second_moment", second_moment_);
    out.put("sums", sums_);
    out.put("start", start_);
    out.put("distance", so_far_.distance);
    out.put("numerator", so_far_.numerator);
    out.put("updates", updates_);
  }
  void load(timetrial::Training& /*training*/, timetrial::StateReader& in) override {
    timetrial::load_into(in, "first_moment", first_moment_);
    timetrial::load_into(in, "second_moment", second_moment_);
    timetrial::load_into(in, "sums", sums_);
    timetrial::load_into(in, "start", start_);
    so_far_.distance = in.number("distance");
    so_far_.numerator = in.number("numerator");
    updates_ = in.integer("updates");
  }

 private:
  /// What the rate of this update is multiplied with.
  double bias() const {
    if (!corrects_bias_) return 1;
    const double count = static_cast<double>(updates_);
    return std::sqrt(1 - std::pow(adam_.beta2, count)) / (1 - std::pow(adam_.beta1, count));
  }

  /// For an update that multiplies it with its rate and the estimate so far: an independent decay
  /// knows of neither, and not of the bias.
  double weight_decay() const {
    if (!decay_is_independent_) return options_.weight_decay;
    return options_.weight_decay / (options_.peak_learning_rate * bias() * so_far_.distance);
  }

  timetrial::AdamOptions adam_;
  double first_distance_ = 0, distance_factor_ = 0;
  bool corrects_bias_ = false, safeguard_ = false, decay_is_independent_ = false;
  timetrial::BaselineOptions options_;
  // Each in the order of Training::parameters().
  std::vector<at::Tensor> first_moment_, second_moment_, sums_;
  std::vector<at::Tensor> start_;  // the first weights
  timetrial::ProdigyDistance so_far_;
  std::int64_t updates_ = 0;
};

}  // namespace

TIMETRIAL_SUBMISSION(Prodigy, "prodigy", "Timetrial authors")
