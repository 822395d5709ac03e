// The training loop of a trial without the harness: the same workload, submission, seeds and
// threads, but no worker, no referee, no clock but this one. Prints the seconds that the steps
// took.
#include "harness/device/device.h"
#include "harness/rulesets/rule_set.h"
#include "harness/sdk/loader.h"
#include "harness/sdk/local_training.h"
#include "harness/sdk/workload_info.h"
#include "harness/tuning/search_space.h"
#include "workloads/workload.h"

#include <timetrial/random.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>

namespace {

using namespace timetrial;

double train(const std::string& workload_name, const std::string& data_dir,
             const std::string& library_file, const std::string& search_space, std::int64_t steps) {
  const auto workload = workloads::find(workload_name).make();
  const auto facts = workload->facts();
  const auto data =
      workload->open_training(std::filesystem::path(data_dir) / facts.dataset / "training");
  const auto rules = rulesets::load("mini-1").at(workload_name);
  auto submission = sdk::SubmissionLibrary(library_file).create();
  WorkloadInfo info = sdk::info_of(workload_name, facts, *data);
  info.validation_target = rules.validation_target;
  info.budget_s = rules.budget_s;
  info.step_hint = rules.step_hint;
  const auto point = tuning::draw(tuning::read(search_space), "bare", 0, 1).front();
  sdk::LocalTraining training({.workload = *workload,
                               .model = workload->make_model(c10::kCPU),
                               .data = *data,
                               .info = info,
                               .hyperparameters = Hyperparameters(point),
                               .batch_size = submission->batch_size(info)});
  submission->init(training);
  const auto started = std::chrono::steady_clock::now();
  for (std::int64_t step = 0; step < steps; ++step) {
    submission->update(training, submission->select_batch(training, training.batches()));
    training.complete_step();
  }
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 7) {
    std::fprintf(stderr, "usage: bare_loop WORKLOAD DATA LIBRARY SEARCH_SPACE STEPS THREADS\n");
    return 2;
  }
  try {
    device::open_device("cpu", std::atoll(argv[6]));
    std::printf("%.6f\n", train(argv[1], argv[2], argv[3], argv[4], std::atoll(argv[5])));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bare_loop: %s\n", error.what());
    return 1;
  }
  return 0;
}
