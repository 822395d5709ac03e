#pragma once
// Learning rates and weight decays that differ between parameters: for update rules whose decay is
// decoupled (w <- (1 - rate * decay) w, beside the step), and without the first of these
// hyperparameters for those that add it to the gradient.
//
//   weight_decay_form      0, coupled: decay is multiplied with the learning rate, as in PyTorch;
//                          1, independent: with the schedule's factor alone, as in AdamW's paper.
//                          Default 0
//   hidden_rate_factor, readout_rate_factor, embedding_rate_factor, vector_rate_factor
//                          above 0: what the learning rate of parameters of that role (parameter.h)
//                          is multiplied with. Default 1
//   hidden_decay_factor, readout_decay_factor, embedding_decay_factor, vector_decay_factor
//                          at least 0: likewise of the weight decay. Default 1
//
// muP for Adam, on a model n times as wide as the one that was tuned: hidden_rate_factor = 1 / n,
// readout_rate_factor = 1 / n too unless the model itself divides its outputs by n, and, while
// decay is coupled, n for the decay factor of each of these. For gradient descent:
// vector_rate_factor = embedding_rate_factor = n, and readout_rate_factor = 1 / n, or n where the
// model divides its outputs.
//
// Source  Loshchilov and Hutter 2019 (arXiv 1711.05101), Algorithm 2, and Wortsman et al. 2023
//         (arXiv 2309.14322) for the two forms; Yang et al. 2022 (arXiv 2203.03466),
//         table 3, for muP; Zhai et al. 2022 (arXiv 2106.04560), section 3.3, for a head's decay

#include <timetrial/baseline.h>
#include <timetrial/gradient_list.h>
#include <timetrial/hyperparameter_reader.h>
#include <timetrial/parameter.h>
#include <timetrial/training.h>

#include <array>
#include <cstddef>
#include <string>
#include <vector>

namespace timetrial {

/// What one parameter's update uses: the step is rate * direction, the decay rate * weight_decay.
struct Rates {
  double rate = 0, weight_decay = 0;
  bool operator==(const Rates&) const = default;
};

/// The decay that an update takes, of either form: for rules that treat all parameters alike.
/// Throws std::invalid_argument as the reader does.
inline double read_decay_form(HyperparameterReader& read, double peak_learning_rate,
                              double weight_decay) {
  const bool independent = read.choice("weight_decay_form", 1, 0) == 1;
  return independent ? weight_decay / peak_learning_rate : weight_decay;
}

class RateGroups {
 public:
  /// Of the weight decay: whether the point may choose its form.
  enum class Decay { of_either_form, in_the_gradient };

  /// The same for all parameters.
  explicit RateGroups(double weight_decay = 0) { by_role_.fill({1, weight_decay}); }

  /// Throws std::invalid_argument as the reader does.
  RateGroups(HyperparameterReader& read, double peak_learning_rate, double weight_decay,
             Decay form = Decay::of_either_form) {
    for (std::size_t i = 0; i < by_role_.size(); ++i) {
      const std::string role = to_string(static_cast<ParameterRole>(i));
      const double factor = read.positive(role + "_rate_factor", 1);
      const double decay = weight_decay * read.non_negative(role + "_decay_factor", 1);
      by_role_[i] = {factor, form == Decay::in_the_gradient
                                 ? decay
                                 : read_decay_form(read, peak_learning_rate * factor, decay)};
    }
  }
  /// `options` are those of the same point.
  RateGroups(HyperparameterReader& read, const BaselineOptions& options,
             Decay form = Decay::of_either_form)
      : RateGroups(read, options.peak_learning_rate, options.weight_decay, form) {}

  /// Before the first update.
  void init(const Training& training) {
    for (const auto& parameter : training.parameters()) {
      roles_.push_back(static_cast<std::size_t>(role_of(parameter)));
    }
    alike_ = true;
    for (const Rates& factors : by_role_) alike_ = alike_ && factors == by_role_[0];
  }

  /// Of the parameter at `place` of Training::parameters(), in an update at the rate `rate`.
  Rates of(std::size_t place, double rate) const {
    const Rates& factors = by_role_[roles_.at(place)];
    return {factors.rate * rate, factors.weight_decay};
  }

  /// Calls update(list, rates) for all gradients at once where no role differs, else for those of
  /// each role that has any.
  template <class Update>
  void each(GradientList& reached, double rate, Update&& update) const {
    if (alike_) return update(reached, Rates{by_role_[0].rate * rate, by_role_[0].weight_decay});
    for (std::size_t role = 0; role < by_role_.size(); ++role) {
      GradientList part;
      for (std::size_t i = 0; i < reached.places.size(); ++i) {
        if (roles_[reached.places[i]] != role) continue;
        part.places.push_back(reached.places[i]);
        part.weights.push_back(reached.weights[i]);
        part.gradients.push_back(reached.gradients[i]);
      }
      if (part.places.empty()) continue;
      update(part, Rates{by_role_[role].rate * rate, by_role_[role].weight_decay});
    }
  }

 private:
  std::array<Rates, 4> by_role_;  // factors of the rate, and decays; by ParameterRole
  std::vector<std::size_t> roles_;
  bool alike_ = true;
};

}  // namespace timetrial
