// multitask_bench FOLDER [NAME…]   what a step of each multi-task submission costs, beside
// scalarize's multitask_bench --one FILE.so [SLICES]     one of them, in a process of its own
//
// On a shared-bottom network of four tasks (shared_bottom.h): backward passes of a step, counted;
// median processor time of a step on one thread, rounds interleaved; peak memory of the process
// while it trains.
#include "shared_bottom.h"

#include "harness/sdk/loader.h"
#include "harness/sdk/rehearsal.h"

#include <timetrial/task_wrapper.h>

#include <ATen/Parallel.h>
#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

namespace timetrial::bench {
namespace {

constexpr int kRounds = 3, kWarmUp = 2, kSteps = 10;
constexpr std::int64_t kBatch = 128;

/// A line "VmHWM: 12345 kB" of /proc/self/status, in MiB.
double memory_mib(const std::string& key) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with(key + ":")) return std::atof(line.c_str() + key.size() + 1) / 1024;
  }
  throw std::runtime_error("no " + key + " in /proc/self/status");
}

/// Processor time of this process: other work on the machine does not count.
double processor_ms() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return 1e3 * static_cast<double>(now.tv_sec) + 1e-6 * static_cast<double>(now.tv_nsec);
}

/// Sets the peak to what is used now.
void forget_peak() {
  std::ofstream clear("/proc/self/clear_refs");
  clear << 5;
  clear.close();
  if (!clear) throw std::runtime_error("/proc/self/clear_refs cannot be written");
}

sdk::Problem make_problem(Passes& passes, std::int64_t slices) {
  sdk::Problem problem;
  problem.workload = make_shared_bottom({}, passes);
  problem.data = make_bottom_data({});
  problem.batch_size = kBatch;
  std::map<std::string, double> point{{"learning_rate", 1e-3}};
  if (slices > 0) point["task_slices"] = static_cast<double>(slices);
  problem.point = Hyperparameters(point);
  return problem;
}

/// Inner products must be autograd's, and the same bits in any slices.
void assert_answers(Training& training) {
  const Batch batch = training.batches().examples({0, 1, 2, 3, 4, 5, 6, 7});
  const auto output = training.forward(batch, {});
  const auto loss = training.loss(batch, output, 0);
  multitask::ModelFacts facts;
  const auto gram = [&](std::int64_t slices) {
    return multitask::TaskStep(training, loss, output, facts, 1, true, slices).gram();
  };
  const auto whole = gram(1);
  if (whole.entries() != gram(3).entries()) throw std::logic_error("slices change the bits");
  const auto rows = training.gradients(loss.per_task[0], /*keep_graph=*/true);
  double expected = 0;
  for (std::size_t p = 0; p < 3; ++p) {
    expected += rows[p].to(at::kDouble).pow(2).sum().item<double>();
  }
  if (std::abs(whole(0, 0) - expected) > 1e-6 * expected) throw std::logic_error("another norm");
}

void run_one(const std::string& file, std::int64_t slices) {
  at::set_num_threads(1);
  Passes passes;
  const auto problem = make_problem(passes, slices);
  const sdk::SubmissionLibrary library(file);
  sdk::Rehearsal rehearsal(library, problem);
  assert_answers(rehearsal.training());
  for (int i = 0; i < kWarmUp; ++i) rehearsal.step();
  passes = {};
  rehearsal.step();
  const Passes counted = passes;
  forget_peak();
  std::vector<double> milliseconds;
  for (int i = 0; i < kSteps; ++i) {
    const double begin = processor_ms();
    rehearsal.step();
    milliseconds.push_back(processor_ms() - begin);
  }
  std::nth_element(milliseconds.begin(), milliseconds.begin() + kSteps / 2, milliseconds.end());
  fmt::print("{} {} {} {} {}\n", counted.forward, counted.to_representation, counted.to_bottom,
             milliseconds[kSteps / 2], memory_mib("VmHWM"));
}

struct Measured {
  Passes passes;
  double milliseconds = 0, peak_mib = 0;
};

Measured run_apart(const std::string& self, const std::string& file) {
  std::FILE* pipe = popen(fmt::format("'{}' --one '{}'", self, file).c_str(), "r");
  if (pipe == nullptr) throw std::runtime_error("cannot start " + self);
  Measured m;
  const int read =
      std::fscanf(pipe, "%d %d %d %lf %lf", &m.passes.forward, &m.passes.to_representation,
                  &m.passes.to_bottom, &m.milliseconds, &m.peak_mib);
  if (pclose(pipe) != 0 || read != 5) throw std::runtime_error(file + " was not measured");
  return m;
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

void compare(const std::string& self, const std::string& folder,
             const std::vector<std::string>& names) {
  std::map<std::string, std::vector<Measured>> measured;
  for (int round = 0; round < kRounds; ++round) {
    for (const auto& name : names) {
      measured[name].push_back(run_apart(self, folder + "/" + name + ".so"));
    }
  }
  fmt::print("{:<18} {:>7} {:>8} {:>8} {:>8} {:>8} {:>9}\n", "SUBMISSION", "FORWARD", "BACKWARD",
             "(TO TOP)", "MS", "TIMES", "PEAK MIB");
  for (const auto& name : names) {
    std::vector<double> times, ratios, peaks;
    for (std::size_t i = 0; i < kRounds; ++i) {
      const auto& one = measured[name][i];
      times.push_back(one.milliseconds);
      ratios.push_back(one.milliseconds / measured[names.front()][i].milliseconds);
      peaks.push_back(one.peak_mib);
    }
    const auto& passes = measured[name].front().passes;
    fmt::print("{:<18} {:>7} {:>8} {:>8} {:>8.2f} {:>8.2f} {:>9.0f}\n", name, passes.forward,
               passes.to_bottom, passes.to_representation - passes.to_bottom, median(times),
               median(ratios), median(peaks));
  }
}

int run(const std::vector<std::string>& words) {
  if (words.size() > 2 && words[1] == "--one") {
    run_one(words[2], words.size() > 3 ? std::atoll(words[3].c_str()) : 0);
    return 0;
  }
  if (words.size() < 2) throw std::runtime_error("usage: multitask_bench FOLDER [NAME…]");
  std::vector<std::string> names(words.begin() + 2, words.end());
  if (names.empty()) {
    names = {"scalarize", "rlw",    "uncertainty", "imtl_l",   "dwa",        "famo",
             "gradnorm",  "rgw",    "mgda_ub",     "graddrop", "mgda",       "pcgrad",
             "gradvac",   "cagrad", "imtl",        "nash_mtl", "aligned_mtl"};
  }
  compare(words[0], words[1], names);
  return 0;
}

}  // namespace
}  // namespace timetrial::bench

int main(int argc, char** argv) {
  try {
    return timetrial::bench::run({argv, argv + argc});
  } catch (const std::exception& error) {
    fmt::print(stderr, "multitask_bench: {}\n", error.what());
    return 1;
  }
}
