#include "harness/trial/checker.h"

#include "harness/trial/error.h"

#include <limits>
#include <string_view>

namespace timetrial {
namespace {

CheckResult failed(const std::string& name, std::string detail) {
  return {
      .name = name, .error = std::numeric_limits<double>::infinity(), .detail = std::move(detail)};
}

std::string first_line(std::string_view text) {
  return std::string(text.substr(0, text.find('\n')));
}

}  // namespace

void Checker::run_all(const std::string& name,
                      const std::function<std::vector<CheckResult>()>& check) {
  if (progress_.started) progress_.started(name);
  std::vector<CheckResult> results;
  try {
    results = check();
  } catch (const InputError& error) {
    if (bad_input_ == BadInput::ends) throw;
    results = {failed(name, "threw: " + first_line(error.what()))};
  } catch (const std::exception& error) {
    results = {failed(name, "threw: " + first_line(error.what()))};
  } catch (...) {
    results = {failed(name, "threw something that is no exception")};
  }
  for (auto& result : results) {
    if (progress_.finished) progress_.finished(result);
    results_.push_back(std::move(result));
  }
}

void Checker::run(const std::string& name, const std::function<CheckResult()>& check) {
  run_all(name, [&] {
    auto result = check();
    result.name = name;
    return std::vector<CheckResult>{result};
  });
}

}  // namespace timetrial
