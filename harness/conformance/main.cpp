// timetrial-check FILE.so [--search-space F.json] [--trajectory F.safetensors]…
//
// Runs the conformance checks of one submission and prints JSON, one object a line, as it goes:
//
//   {"started": NAME}
//   {"name": NAME, "passed": true, "error": 0.0, "tolerance": 0.0, "detail": ""}
//
// An infinite error is null. So the reader knows which check was under way if this process dies. A
// check that takes longer than kPatience ends the process by SIGALRM. Exit codes: 0 all checks were
// run, 2 bad input. `timetrial submission check` is what people call.
#include "harness/sdk/check.h"
#include "harness/trial/error.h"
#include "harness/tuning/search_space.h"

#include <fmt/core.h>
#include <unistd.h>
#include <nlohmann/json.hpp>

#include <cmath>
#include <cstdio>
#include <string>
#include <vector>

namespace timetrial {
namespace {

constexpr unsigned kPatience = 60;  // seconds for one check, which takes milliseconds

struct Arguments {
  sdk::CheckOptions options;
  std::filesystem::path search_space;
};

Arguments parse(const std::vector<std::string>& words) {
  Arguments arguments;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const auto& word = words[i];
    if (word == "--search-space" && i + 1 < words.size()) {
      arguments.search_space = words[++i];
    } else if (word == "--trajectory" && i + 1 < words.size()) {
      arguments.options.trajectories.push_back(words[++i]);
    } else if (!word.starts_with("--") && arguments.options.library.empty()) {
      arguments.options.library = word;
    } else {
      throw InputError("unexpected argument '" + word +
                       "'; see: timetrial submission check --help");
    }
  }
  if (arguments.options.library.empty()) throw InputError("no submission given");
  return arguments;
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

int run(const std::vector<std::string>& words) {
  auto [options, search_space] = parse(words);
  if (!search_space.empty()) {
    const auto name = options.library.stem().string();
    options.point = tuning::draw(tuning::read(search_space), name, /*study=*/0, /*trials=*/1).at(0);
  }
  sdk::check_submission(options, {.started =
                                      [](const std::string& name) {
                                        alarm(kPatience);
                                        print({{"started", name}});
                                      },
                                  .finished = print_result});
  return static_cast<int>(ExitCode::done);
}

}  // namespace
}  // namespace timetrial

int main(int argc, char** argv) {
  try {
    return timetrial::run({argv + 1, argv + argc});
  } catch (const timetrial::InputError& error) {
    fmt::print(stderr, "timetrial: {}\n", error.what());
    return static_cast<int>(timetrial::ExitCode::bad_input);
  } catch (const std::exception& error) {
    fmt::print(stderr, "timetrial: {}\n", error.what());
    return static_cast<int>(timetrial::ExitCode::failed);
  }
}
