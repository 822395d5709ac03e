// How much of a training step is the optimizer's, and what it keeps.
//
//   share_bench THREADS WORKLOAD DATA SUBMISSION.so…
//
// DATA is the folder that `timetrial data prepare` wrote to. Each submission trains the workload at
// the first point of its search space; in turns the same model gets batches and gradients alone.
// Prints for each submission a line of comma-separated values:
//
//   workload,submission,step_ms,gradient_ms,optimizer_share,state_bytes_per_parameter
//
// the first two medians of rounds of whole periods of what is not done in every step, the share
// that of the step beyond one gradient (a submission that takes two gradients a step, as SAM does,
// has the second one in it), the last from what the submission would save.
#include "harness/device/device.h"
#include "harness/sdk/rehearsal.h"
#include "harness/tuning/search_space.h"
#include "harness/tuning/space_files.h"
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

constexpr int kRounds = 5;
constexpr double kRoundSeconds = 0.3;
// What is not done in every step is done in every tenth (SOAP, Sophia) or twentieth (Shampoo,
// LAWA), as their search spaces have it and step_hint below. Rounds are of whole periods.
constexpr int kPeriod = 20;

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

/// Where its trials begin, but at rates so small that no model runs away while it is timed.
Hyperparameters point_of(const std::filesystem::path& library) {
  const auto file = tuning::own_search_space(library);
  if (!file) return {};  // it tunes itself
  const auto name = library.stem().string();
  auto point = tuning::draw(tuning::read(*file), name, /*study=*/0, /*trials=*/1).at(0);
  for (auto& [key, value] : point) {
    // Prodigy's rate is a factor of the one that it finds.
    if (key.ends_with("learning_rate") && name != "prodigy") value = 1e-4;
  }
  return Hyperparameters(point);
}

void report(const std::string& workload, const sdk::Problem& problem,
            const std::filesystem::path& library) {
  const sdk::SubmissionLibrary file(library);
  sdk::Rehearsal rehearsal(file, problem);
  const auto step = [&] { rehearsal.step(); };
  const auto bare = [&] { gradient(rehearsal.training()); };
  // Shampoo's first roots come at the end of the first period.
  const double estimate = seconds(step, kPeriod);
  const int times = std::max(1, static_cast<int>(kRoundSeconds / estimate));
  const int periods = (times + kPeriod - 1) / kPeriod;
  std::vector<double> steps, gradients;
  for (int i = 0; i < kRounds; ++i) {
    steps.push_back(seconds(step, periods * kPeriod));
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
    problem.point = point_of(arguments[i]);
    report(name, problem, arguments[i]);
  }
} catch (const std::exception& error) {
  std::fprintf(stderr, "share_bench: %s\n", error.what());
  return 1;
}
