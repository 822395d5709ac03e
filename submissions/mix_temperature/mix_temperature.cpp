// Mix by temperature: tasks are drawn by a power of their sizes, around any optimizer.
// Source  Arivazhagan et al. 2019, "Massively Multilingual Neural Machine Translation in the Wild"
// State   none
// Tuned   README.md lists the hyperparameters; search_space.json has their ranges
#include <timetrial/task_sampling.h>
#include <timetrial/task_wrapper.h>

#include <vector>

namespace {

using namespace timetrial::multitask;

class MixTemperature final : public FixedShares {
  std::vector<double> read_shares(const TaskFacts& facts,
                                  timetrial::HyperparameterReader& read) override {
    return temperature_shares(facts.examples, read.positive("task_temperature", 5));
  }
};

}  // namespace

TIMETRIAL_TASK_METHOD(MixTemperature, "Timetrial authors")
