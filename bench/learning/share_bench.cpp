// How much of a training step is the optimizer's, and what it keeps.
//
//   share_bench THREADS WORKLOAD DATA SUBMISSION.so…
//
// DATA is the folder that `timetrial data prepare` wrote to. Each submission trains the workload
// with its first defaults; in turns the same model gets batches and gradients alone, nothing else.
// Prints for each submission a line of comma-separated values:
//
//   workload,submission,step_ms,gradient_ms,optimizer_share,state_bytes_per_parameter
//
// the first two medians of rounds, the share that of the step beyond one gradient (a submission
// that takes two gradients a step, as SAM does, has the second one in it), the last from what the
// submission would save.
#include "harness/device/device.h"
#include "harness/sdk/rehearsal.h"
#include "workloads/workload.h"

#include <timetrial/baseline.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <functional>
#include <vector>

namespace {

using namespace timetrial;

constexpr int kRounds = 7;
constexpr double kRoundSeconds = 0.3;

double seconds(const std::function<void()>& action, int times) {
  const auto started = std::chrono::steady_clock::now();
  for (int i = 0; i < times; ++i) action();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count() / times;
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

/// A gradient of all parameters, thrown away.
void gradient(Training& training) {
  training.mean_loss(training.batches().next()).backward();
  for (const auto& parameter : training.parameters()) parameter.tensor.mutable_grad().reset();
}

double state_bytes_per_parameter(sdk::Rehearsal& rehearsal) {
  const auto saved = rehearsal.save();
  double bytes = 0, parameters = 0;
  for (const auto& [name, info] : saved.state->tensors()) {
    bytes += static_cast<double>(saved.state->bytes(name).size());
  }
  for (const auto& parameter : rehearsal.training().parameters()) {
    parameters += static_cast<double>(parameter.tensor.numel());
  }
  return bytes / parameters;
}

void report(const std::string& workload, const sdk::Problem& problem,
            const std::filesystem::path& library) {
  const sdk::SubmissionLibrary file(library);
  sdk::Rehearsal rehearsal(file, problem);
  const auto step = [&] { rehearsal.step(); };
  const auto bare = [&] { gradient(rehearsal.training()); };
  seconds(step, 3);
  const int times = std::max(1, static_cast<int>(kRoundSeconds / seconds(step, 3)));
  std::vector<double> steps, gradients;
  for (int i = 0; i < kRounds; ++i) {
    steps.push_back(seconds(step, times));
    gradients.push_back(seconds(bare, times));
  }
  const double whole = median(steps), part = median(gradients);
  std::printf("%s,%s,%.3f,%.3f,%.3f,%.2f\n", workload.c_str(), library.stem().c_str(), 1000 * whole,
              1000 * part, std::max(0.0, 1 - part / whole), state_bytes_per_parameter(rehearsal));
  std::fflush(stdout);
}

}  // namespace

int main(int count, char** arguments) try {
  if (count < 5) {
    std::fprintf(stderr, "usage: share_bench THREADS WORKLOAD DATA SUBMISSION.so…\n");
    return 2;
  }
  device::open_device("cpu", std::stoi(arguments[1]));
  const std::string name = arguments[2];
  sdk::Problem problem;
  problem.workload = workloads::find(name).make();
  const std::filesystem::path data = arguments[3];
  problem.data =
      problem.workload->open_training(data / problem.workload->facts().dataset / "training");
  WorkloadInfo info;
  info.name = name;
  problem.batch_size = baseline_batch_size(info);
  for (int i = 4; i < count; ++i) {
    const std::filesystem::path library = arguments[i];
    // Small, so that no model runs away while it is timed.
    const double rate = library.stem() == "prodigy" ? 1 : 1e-4;
    problem.point = library.stem().string().ends_with("_self")
                        ? Hyperparameters()
                        : Hyperparameters({{"learning_rate", rate}});
    report(name, problem, library);
  }
} catch (const std::exception& error) {
  std::fprintf(stderr, "share_bench: %s\n", error.what());
  return 1;
}
