#include "harness/cli/conformance.h"

#include "harness/cli/sibling_process.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <csignal>
#include <sstream>

namespace timetrial::cli {
namespace {

/// The check that a line {"started", "patience_s"} announced.
struct Running {
  std::string name;
  std::int64_t patience_s = 0;
};

std::string how_it_ended(const sandbox::ExitStatus& status, const Running& running) {
  if (status.signaled && status.code == SIGALRM) {
    return fmt::format("did not end within {} s", running.patience_s);
  }
  return "the process " + sandbox::describe(status);
}

/// timetrial-check's answer, line by line. A check that was started and has no result is the one
/// that the process died in, or that a submission ended it in.
nlohmann::json collect(const SiblingResult& result) {
  auto checks = nlohmann::json::array();
  Running running;
  std::istringstream lines(result.output);
  for (std::string line; std::getline(lines, line);) {
    const auto object = nlohmann::json::parse(line, nullptr, /*allow_exceptions=*/false);
    if (object.is_object() && object.contains("started")) {
      running = {object["started"], object.value("patience_s", std::int64_t{0})};
    } else if (object.is_object() && object.contains("passed")) {
      checks.push_back(object);
      running = {};
    }
    // Anything else is a line that the submission printed.
  }
  if (succeeded(result) && running.name.empty() && !checks.empty()) return checks;
  checks.push_back({{"name", running.name.empty() ? "process" : running.name},
                    {"passed", false},
                    {"error", nullptr},
                    {"tolerance", 0.0},
                    {"detail", how_it_ended(result.status, running)}});
  return checks;
}

void print_table(const nlohmann::json& checks) {
  std::size_t width = 0;
  for (const auto& check : checks) {
    width = std::max(width, check["name"].get<std::string>().size());
  }
  fmt::print("{:<{}}  RESULT  {:>9}  {:>9}\n", "CHECK", width, "ERROR", "TOLERANCE");
  for (const auto& check : checks) {
    const auto error = check["error"].is_null()
                           ? std::string("-")
                           : fmt::format("{:.2g}", check["error"].get<double>());
    fmt::print("{:<{}}  {}  {:>9}  {:>9.2g}{}{}\n", check["name"].get<std::string>(), width,
               check["passed"] ? "passed" : "FAILED", error, check["tolerance"].get<double>(),
               check["detail"] == "" ? "" : "  ", check["detail"].get<std::string>());
  }
}

}  // namespace

nlohmann::json run_checks(const Program& program, const std::vector<std::string>& arguments) {
  const auto result = run_sibling(program, "timetrial-check", arguments);
  constexpr int kBadInput = static_cast<int>(ExitCode::bad_input);
  if (!result.status.signaled && result.status.code == kBadInput) throw BadInputSaid();
  return collect(result);
}

ExitCode print_checks(const nlohmann::json& checks, bool json) {
  if (json) {
    fmt::print("{}\n", nlohmann::json{{"checks", checks}}.dump(2));
  } else {
    print_table(checks);
  }
  const bool all = std::all_of(checks.begin(), checks.end(),
                               [](const nlohmann::json& one) { return one["passed"].get<bool>(); });
  return all ? ExitCode::done : ExitCode::check_failed;
}

ExitCode run_and_print_checks(const Program& program, const std::vector<std::string>& arguments,
                              bool json) {
  try {
    return print_checks(run_checks(program, arguments), json);
  } catch (const BadInputSaid&) {
    return ExitCode::bad_input;
  }
}

}  // namespace timetrial::cli
