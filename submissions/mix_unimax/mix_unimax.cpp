// UniMax: tasks are drawn equally often, but none for more than so many passes, around any
// optimizer. Source  Chung et al. 2023, "UniMax: Fairer and more Effective Language Sampling for
// Large-Scale
//         Multilingual Pretraining", Algorithm 1
// State   none
// Tuned   README.md lists the hyperparameters; search_space.json has their ranges
#include <timetrial/task_sampling.h>
#include <timetrial/task_wrapper.h>

#include <stdexcept>
#include <string>
#include <vector>

namespace {

using namespace timetrial::multitask;

class MixUnimax final : public FixedShares {
  std::vector<double> read_shares(const TaskFacts& facts,
                                  timetrial::HyperparameterReader& read) override {
    const double epochs = read.positive("task_epochs", 1);
    if (facts.tasks > 1 && facts.step_hint < 1) {
      throw std::invalid_argument("mix_unimax needs the workload's step_hint, which is " +
                                  std::to_string(facts.step_hint));
    }
    const auto drawn = static_cast<double>(facts.step_hint) * static_cast<double>(facts.batch_size);
    return unimax_shares(facts.examples, drawn, epochs);
  }
};

}  // namespace

TIMETRIAL_TASK_METHOD(MixUnimax, "Timetrial authors")
