// timetrial-check submission FILE.so [--search-space F.json] [--trajectory F.safetensors]…
//                 workload NAME [--data DIR] [--fixture F.safetensors]…
//                 metric F.json…
//                 multitask F.json…
//                 --version [--json]
//
// Runs the conformance checks of one subject and prints JSON, one object a line, as it goes:
//
//   {"started": NAME, "patience_s": 60}
//   {"name": NAME, "passed": true, "error": 0.0, "tolerance": 0.0, "detail": ""}
//
// An infinite error is null. So the reader knows which check was under way if this process dies. A
// check that takes longer than its patience ends the process by SIGALRM. Exit codes: 0 all checks
// were run, 2 bad input. People call `timetrial submission check`, `workload check`, `metric
// check`, `multitask check`.
#include "harness/conformance/metric_check.h"
#include "harness/conformance/multitask_check.h"
#include "harness/conformance/workload_check.h"
#include "harness/jsonfile/recorded_pair.h"
#include "harness/sdk/check.h"
#include "harness/sdk/confinement.h"
#include "harness/trial/error.h"
#include "harness/tuning/search_space.h"
#include "harness/version/version.h"

#include <fmt/core.h>
#include <unistd.h>
#include <nlohmann/json.hpp>

#include <cmath>
#include <cstdio>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace timetrial {
namespace {

using Words = std::vector<std::string>;

// Seconds for one check. A submission's takes milliseconds; a full-size model's may take a minute.
constexpr unsigned kSubmissionPatience = 60, kModelPatience = 600;

[[noreturn]] void unexpected(const std::string& subject, const std::string& word) {
  throw InputError("unexpected argument '" + word + "'; see: timetrial " + subject +
                   " check --help");
}

struct SubmissionArguments {
  sdk::CheckOptions options;
  std::filesystem::path search_space;
};

SubmissionArguments parse_submission(const Words& words) {
  SubmissionArguments arguments;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const auto& word = words[i];
    if (word == "--search-space" && i + 1 < words.size()) {
      arguments.search_space = words[++i];
    } else if (word == "--trajectory" && i + 1 < words.size()) {
      arguments.options.trajectories.push_back(words[++i]);
    } else if (!word.starts_with("--") && arguments.options.library.empty()) {
      arguments.options.library = word;
    } else {
      unexpected("submission", word);
    }
  }
  if (arguments.options.library.empty()) throw InputError("no submission given");
  return arguments;
}

conformance::WorkloadCheckOptions parse_workload(const Words& words) {
  conformance::WorkloadCheckOptions options;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const auto& word = words[i];
    if (word == "--data" && i + 1 < words.size()) {
      options.data = words[++i];
    } else if (word == "--fixture" && i + 1 < words.size()) {
      options.cases.push_back(words[++i]);
    } else if (!word.starts_with("--") && options.workload.empty()) {
      options.workload = word;
    } else {
      unexpected("workload", word);
    }
  }
  if (options.workload.empty()) throw InputError("no workload given");
  return options;
}

void print(const nlohmann::json& line) {
  fmt::print("{}\n", line.dump());
  std::fflush(stdout);  // before a crash can lose it
}

void print_result(const CheckResult& result) {
  nlohmann::json line{{"name", result.name},
                      {"passed", result.passed},
                      {"error", nullptr},
                      {"tolerance", result.tolerance},
                      {"detail", result.detail}};
  if (std::isfinite(result.error)) line["error"] = result.error;
  print(line);
}

CheckProgress progress(unsigned patience_s) {
  return {.started =
              [patience_s](const std::string& name) {
                alarm(patience_s);
                print({{"started", name}, {"patience_s", patience_s}});
              },
          .finished = print_result};
}

void check_submission(const Words& words) {
  auto [options, search_space] = parse_submission(words);
  if (!search_space.empty()) {
    const auto name = options.library.stem().string();
    options.point = tuning::draw(tuning::read(search_space), name, /*study=*/0, /*trials=*/1).at(0);
  }
  sdk::Confines confines{.device = "cpu",
                         .readable = {options.library},
                         .scratch = {},
                         .shared_memory = true};  // where the submission's state is saved to
  for (const auto& file : options.trajectories) {
    const auto [tensors, rest] = jsonfile::recorded_pair(file);
    confines.readable.insert(confines.readable.end(), {tensors, rest});
  }
  sdk::confine(confines);
  sdk::check_submission(options, progress(kSubmissionPatience));
}

void check_workload(const Words& words) {
  conformance::check_workload(parse_workload(words), progress(kModelPatience));
}

void check_metric(const Words& words) {
  conformance::check_metrics({words.begin(), words.end()}, progress(kModelPatience));
}

void check_multitask(const Words& words) {
  conformance::check_multitask({words.begin(), words.end()}, progress(kSubmissionPatience));
}

int run(const Words& words) {
  const std::map<std::string, void (*)(const Words&)> subjects{{"submission", check_submission},
                                                               {"workload", check_workload},
                                                               {"metric", check_metric},
                                                               {"multitask", check_multitask}};
  const auto subject = words.empty() ? subjects.end() : subjects.find(words.front());
  if (subject == subjects.end()) {
    throw InputError(
        "usage: timetrial-check submission|workload|metric|multitask …, which `timetrial` calls");
  }
  subject->second({words.begin() + 1, words.end()});
  return static_cast<int>(ExitCode::done);
}

}  // namespace
}  // namespace timetrial

int main(int argc, char** argv) {
  try {
    if (argc > 1 && std::string_view(argv[1]) == "--version") {
      fmt::print("{}", timetrial::version::answer("timetrial-check", argc, argv));
      return static_cast<int>(timetrial::ExitCode::done);
    }
    return timetrial::run({argv + 1, argv + argc});
  } catch (const timetrial::InputError& error) {
    fmt::print(stderr, "timetrial: {}\n", error.what());
    return static_cast<int>(timetrial::ExitCode::bad_input);
  } catch (const std::exception& error) {
    fmt::print(stderr, "timetrial: {}\n", error.what());
    return static_cast<int>(timetrial::ExitCode::failed);
  }
}
