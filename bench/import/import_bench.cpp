// What importing AlgoPerf's logs costs, and reading them back.
//
//   import_bench logs PATH…        folders or archives of real logs: seconds of each step
//   import_bench scale N…          made-up logs of N trials × 50 rows each: microseconds per trial
//
// Processor time of one thread and wall time; each N in a process of its own (fork), so that peak
// memory is its own. Asserts that all that was written is read back.
#include "scoring/algoperf/import.h"
#include "scoring/from_store.h"
#include "scoring/score.h"

#include <fmt/core.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <charconv>
#include <chrono>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <functional>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

namespace fs = std::filesystem;
using timetrial::store::Store;

constexpr int kRows = 50, kTrialsPerStudy = 5, kStudies = 5;
const std::vector<std::string> kWorkloads{"criteo1tb", "fastmri", "ogbg", "wmt"};

void require(bool condition, const std::string& what) {
  if (!condition) throw std::runtime_error("not as expected: " + what);
}

struct Cost {
  double cpu_s = 0, wall_s = 0;
};

Cost measure(const std::function<void()>& action) {
  const auto wall = std::chrono::steady_clock::now();
  const std::clock_t cpu = std::clock();
  action();
  return {static_cast<double>(std::clock() - cpu) / CLOCKS_PER_SEC,
          std::chrono::duration<double>(std::chrono::steady_clock::now() - wall).count()};
}

struct Folder {
  Folder() {
    std::string name = (fs::temp_directory_path() / "import-bench-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error(name);
    path = name;
  }
  ~Folder() {
    std::error_code ignored;
    fs::remove_all(path, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  fs::path path;
};

std::string made_trial(std::mt19937_64& random) {
  std::string text =
      "accumulated_eval_time,accumulated_submission_time,global_step,preemption_count,score,"
      "test/loss,total_duration,train/loss,validation/loss\n";
  std::uniform_real_distribution<double> noise(0, 1);
  for (int row = 0; row < kRows; ++row) {
    const double time = 100 * row + noise(random), evaluation = 10 * row + noise(random);
    text += fmt::format("{},{},{},0,{},{},{},{},{}\n", evaluation, time, 1 + 50 * row, time,
                        noise(random), time + evaluation, noise(random), noise(random));
  }
  return text;
}

void make_logs(const fs::path& root, int trials) {
  std::mt19937_64 random(static_cast<std::uint64_t>(trials));
  for (int i = 0; i < trials; ++i) {
    const int trial = i % kTrialsPerStudy, study = i / kTrialsPerStudy % kStudies;
    const int cell = i / (kTrialsPerStudy * kStudies);
    const auto& workload = kWorkloads[static_cast<std::size_t>(cell) % kWorkloads.size()];
    const auto folder = root / fmt::format("s{:05}", cell / static_cast<int>(kWorkloads.size())) /
                        fmt::format("study_{}", study) / (workload + "_jax") /
                        fmt::format("trial_{}", trial + 1);
    fs::create_directories(folder);
    std::ofstream(folder / "eval_measurements.csv") << made_trial(random);
    std::ofstream(folder / "hparams.json") << fmt::format("{{\"learning_rate\": {}}}", trial);
    std::ofstream(folder / "meta_data_0.json")
        << fmt::format("{{\"gpu_count\": 8, \"rng_seed\": {}}}", i);
    std::ofstream(folder / "flags_0.json") << "{\"tuning_ruleset\": \"external\"}";
  }
}

struct Step {
  const char* name;
  Cost cost;
};

std::int64_t rows_of(const Store& store, const std::string& sql) {
  std::int64_t rows = 0;
  store.query(sql, [&](const auto&, const auto&) { ++rows; });
  return rows;
}

/// All steps on one set of logs; the number of its trials.
std::int64_t run(const fs::path& logs, const fs::path& file, const std::string& rule_set,
                 std::vector<Step>& steps) {
  using namespace timetrial;
  const auto step = [&](const char* name, const std::function<void()>& action) {
    steps.push_back({name, measure(action)});
  };
  step("new store", [&] { Store::open(file, Store::Mode::create); });
  algoperf::ImportReport report;
  step("import", [&] {
    algoperf::Findings findings;
    algoperf::LogOptions options;
    if (!rule_set.empty()) options.rule_set = rule_set;
    auto opened = algoperf::open_under_rules(logs, options, findings);
    auto store = Store::open(file, Store::Mode::create);
    report = algoperf::import_into(store, opened, findings, 0, {});
  });
  require(report.trials == report.counts.added, "all trials are new");
  step("import again", [&] {
    algoperf::Findings findings;
    algoperf::LogOptions options;
    if (!rule_set.empty()) options.rule_set = rule_set;
    auto opened = algoperf::open_under_rules(logs, options, findings);
    auto store = Store::open(file, Store::Mode::create);
    report.counts.known = algoperf::import_into(store, opened, findings, 0, {}).counts.known;
  });
  require(report.counts.known == report.trials, "all trials are known");
  std::size_t rows = 0;
  scoring::Results results;
  step("read_results", [&] {
    const auto store = Store::open(file, Store::Mode::read_only);
    results = scoring::read_results(store, scoring::choose_sweep(store, std::nullopt, "").sweep);
  });
  step("score", [&] {
    scoring::Options options;
    options.resamples = 0;
    require(!scoring::score(results, options).rows.empty(), "a table of scores");
  });
  {
    for (const auto& cell : results.cells) {
      for (const auto& study : cell.studies) {
        for (const auto& trial : study.trials) rows += trial.curve.size();
      }
    }
  }
  require(rows == static_cast<std::size_t>(report.counts.evaluations), "all rows are read");
  const auto store = Store::open(file, Store::Mode::read_only);
  step("v_trials",
       [&] { require(rows_of(store, "SELECT * FROM v_trials") == report.trials, "trials"); });
  step("v_scores_input",
       [&] { require(rows_of(store, "SELECT * FROM v_scores_input") > 0, "scores"); });
  step("v_imported_evaluations", [&] {
    require(rows_of(store, "SELECT * FROM v_imported_evaluations") == report.counts.evaluations,
            "evaluations");
  });
  step("content_hash", [&] { require(!store.content_hash().empty(), "hash"); });
  step("check", [&] { require(store.check().empty(), "sound"); });
  return report.trials;
}

double peak_mb() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024;
}

/// In a child, so that its peak memory is its own. Returns its exit status.
int in_child(const std::function<void()>& action) {
  std::fflush(stdout);
  const pid_t child = fork();
  if (child == 0) {
    int code = 0;
    try {
      action();
    } catch (const std::exception& error) {
      fmt::print(stderr, "import_bench: {}\n", error.what());
      code = 1;
    }
    std::fflush(stdout);
    _exit(code);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return status == 0 ? 0 : 1;
}

void bench_logs(const fs::path& logs) {
  const Folder folder;
  std::vector<Step> steps;
  const auto trials = run(logs, folder.path / "store.db", "", steps);
  fmt::print("{} ({} trials)\n", logs.string(), trials);
  for (const auto& step : steps) {
    fmt::print("  {:<24} {:8.1f} ms cpu {:8.1f} ms wall\n", step.name, 1e3 * step.cost.cpu_s,
               1e3 * step.cost.wall_s);
  }
  fmt::print("  {:<24} {:8.0f} MB\n", "peak memory", peak_mb());
}

void bench_scale(int trials) {
  const Folder folder;
  make_logs(folder.path / "logs", trials);
  std::vector<Step> steps;
  run(folder.path / "logs", folder.path / "store.db", "algoperf-v0.5", steps);
  fmt::print("{} trials x {} rows: microseconds of processor time per trial\n", trials, kRows);
  for (const auto& step : steps) {
    fmt::print("  {:<24} {:8.1f}\n", step.name, 1e6 * step.cost.cpu_s / trials);
  }
  fmt::print("  {:<24} {:8.0f} MB\n", "peak memory", peak_mb());
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  if (arguments.size() < 2 || (arguments[0] != "logs" && arguments[0] != "scale")) {
    fmt::print(stderr, "usage: import_bench logs PATH… | import_bench scale N…\n");
    return 2;
  }
  int failed = 0;
  for (std::size_t i = 1; i < arguments.size(); ++i) {
    const auto& argument = arguments[i];
    failed += in_child([&] {
      if (arguments[0] == "logs") return bench_logs(argument);
      int trials = 0;
      std::from_chars(argument.data(), argument.data() + argument.size(), trials);
      if (trials < 1) throw std::invalid_argument(argument + ": expected a number of trials");
      bench_scale(trials);
    });
  }
  return failed == 0 ? 0 : 1;
}
