#include "harness/cli/tuning_point.h"

#include "harness/trial/error.h"

#include <fmt/core.h>

#include <charconv>

namespace timetrial::cli {
namespace {

std::pair<std::string, double> parse_value(const std::string& option, const std::string& text) {
  const std::size_t equals = text.find('=');
  double value = 0;
  const char* end = text.data() + text.size();
  if (equals != std::string::npos && equals > 0) {
    const auto result = std::from_chars(text.data() + equals + 1, end, value);
    if (result.ec == std::errc() && result.ptr == end) return {text.substr(0, equals), value};
  }
  throw InputError(option + " '" + text + "': expected name=number, such as learning_rate=1e-3");
}

}  // namespace

std::string describe_point(const std::map<std::string, double>& point) {
  std::string text;
  for (const auto& [name, value] : point) {
    text += fmt::format("{}{}={:.4g}", text.empty() ? "" : " ", name, value);
  }
  return text;
}

std::map<std::string, double> parse_point(const std::string& option,
                                          const std::vector<std::string>& texts) {
  std::map<std::string, double> point;
  for (const auto& text : texts) {
    if (!point.insert(parse_value(option, text)).second) {
      throw InputError(option + " '" + text + "': a second value of one hyperparameter");
    }
  }
  return point;
}

}  // namespace timetrial::cli
