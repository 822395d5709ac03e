// What the store costs a trial: one evaluation, one attempt; and a sweep its planning.
//
//   bench/store_bench [--benchmark_…]      in TMPDIR, else /tmp: run it on the disk you mean
//
// Each first checks that what it wrote is what it reads back.
#include "harness/store/store.h"

#include <benchmark/benchmark.h>

#include <cstdlib>
#include <filesystem>
#include <stdexcept>

namespace timetrial::store {
namespace {

/// A folder that goes when the benchmark ends.
class Folder {
 public:
  Folder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "store_bench.XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary folder");
    path_ = pattern;
  }
  ~Folder() {
    std::error_code error;
    std::filesystem::remove_all(path_, error);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  std::filesystem::path file() const { return path_ / "bench.db"; }

 private:
  std::filesystem::path path_;
};

struct Plan {
  Sweep sweep;
  SubmissionRecord submission;
  WorkloadRecord workload;
  std::vector<Trial> trials;
  std::int64_t add_to(Store& store) const {
    return store.add_sweep(sweep, {submission}, {workload}, trials);
  }
};

Plan make_plan(int trials) {
  Plan plan;
  plan.sweep.name = "bench";
  plan.sweep.rule_set = "mini-1";
  plan.sweep.tuning = "external";
  plan.submission.name = "lion";
  plan.workload.name = "fashion_mnist_vit";
  plan.workload.metric = "accuracy";
  plan.workload.budget_s = 90;
  plan.workload.evaluation_period_s = 3;
  for (int i = 0; i < trials; ++i) {
    Trial trial;
    trial.key = {plan.submission.name, plan.workload.name, 0, i};
    trial.point = {{"learning_rate", 1e-3}, {"beta1", 0.9}, {"weight_decay", 0.1}};
    trial.budget_s = 90;
    trial.id = trial_id(plan.sweep, plan.submission, plan.workload, trial);
    plan.trials.push_back(trial);
  }
  return plan;
}

Evaluation make_evaluation() {
  Evaluation evaluation;
  evaluation.step = 100;
  evaluation.submission_time_s = 3;
  evaluation.parameter_hash = std::string(64, 'a');
  for (const char* split : {"train/", "validation/", "test/"}) {
    evaluation.metrics[std::string(split) + "accuracy"] = 0.5;
    evaluation.metrics[std::string(split) + "loss"] = 1.5;
  }
  return evaluation;
}

void write_evaluation(benchmark::State& state) {
  const Folder folder;
  auto store = Store::open(folder.file(), Store::Mode::create);
  const auto plan = make_plan(1);
  plan.add_to(store);
  Attempt attempt;
  attempt.trial_id = plan.trials[0].id;
  const auto id = store.begin_attempt(attempt);
  const auto evaluation = make_evaluation();
  store.add_evaluation(id, evaluation);
  if (store.evaluations(attempt.trial_id).at(0).metrics != evaluation.metrics) {
    state.SkipWithError("the evaluation read is not the one written");
    return;
  }
  for (auto _ : state) store.add_evaluation(id, evaluation);
}
BENCHMARK(write_evaluation)->Unit(benchmark::kMicrosecond)->UseRealTime();

/// Reaches the disk, so this is mostly the disk's time.
void begin_attempt(benchmark::State& state) {
  const Folder folder;
  auto store = Store::open(folder.file(), Store::Mode::create);
  const auto plan = make_plan(1);
  plan.add_to(store);
  Attempt attempt;
  attempt.trial_id = plan.trials[0].id;
  store.begin_attempt(attempt);
  if (store.trial(attempt.trial_id)->attempts != 1) {
    state.SkipWithError("the attempt is not in the store");
    return;
  }
  for (auto _ : state) {
    ++attempt.number;
    store.begin_attempt(attempt);
  }
}
BENCHMARK(begin_attempt)->Unit(benchmark::kMicrosecond)->UseRealTime();

void plan_sweep(benchmark::State& state) {
  const auto plan = make_plan(static_cast<int>(state.range(0)));
  for (auto _ : state) {
    state.PauseTiming();
    auto folder = std::make_unique<Folder>();
    auto store = std::make_unique<Store>(Store::open(folder->file(), Store::Mode::create));
    state.ResumeTiming();
    const auto id = plan.add_to(*store);
    state.PauseTiming();
    if (store->trials(id).size() != plan.trials.size()) {
      state.SkipWithError("trials are missing");
    }
    store.reset();
    folder.reset();
    state.ResumeTiming();
  }
}
BENCHMARK(plan_sweep)->Arg(3000)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace timetrial::store

BENCHMARK_MAIN();
