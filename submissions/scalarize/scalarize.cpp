// Scalarize: fixed weights of the tasks, around any optimizer.
// Source  Xin et al. 2022, "Do Current Multi-Task Optimization Methods in Deep Learning Even Help?"
// State   none
// Tuned   README.md lists the hyperparameters; search_space.json has their ranges
#include <timetrial/task_wrapper.h>

#include <stdexcept>
#include <string>
#include <vector>

namespace {

using namespace timetrial::multitask;

class Scalarize final : public FixedShares {
  std::vector<double> read_shares(const TaskFacts& facts,
                                  timetrial::HyperparameterReader& read) override {
    std::vector<double> weights(facts.tasks, 1.0);
    double sum = 0;
    for (std::size_t i = 0;; ++i) {
      const auto name = "task_weight_" + std::to_string(i);
      // A point for several tasks serves one task too.
      if (i >= facts.tasks && (facts.tasks > 1 || !read.contains(name))) break;
      const double weight = read.non_negative(name, 1);
      if (i < facts.tasks) weights[i] = weight;
    }
    for (const double weight : weights) sum += weight;
    if (sum > 0) return weights;
    throw std::invalid_argument("task_weight_0, … are all 0, expected one above 0");
  }
};

}  // namespace

TIMETRIAL_TASK_METHOD(Scalarize, "Timetrial authors")
