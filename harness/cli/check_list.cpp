#include "harness/cli/check_list.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace timetrial::cli {

const char* to_string(CheckState state) {
  switch (state) {
    case CheckState::ok:
      return "ok";
    case CheckState::remark:
      return "remark";
    case CheckState::missing:
      return "missing";
  }
  return "unknown";
}

bool any_missing(const std::vector<Check>& checks) {
  return std::any_of(checks.begin(), checks.end(),
                     [](const Check& check) { return check.state == CheckState::missing; });
}

std::string to_text(const std::vector<Check>& checks) {
  std::size_t width = 0;
  for (const auto& check : checks) width = std::max(width, check.name.size());
  std::string text;
  for (const auto& check : checks) {
    text +=
        fmt::format("{:<8} {:<{}}  {}\n", to_string(check.state), check.name, width, check.detail);
    if (!check.remedy.empty())
      text += fmt::format("{:<8} {:<{}}  -> {}\n", "", "", width, check.remedy);
  }
  return text;
}

std::string to_json(const std::vector<Check>& checks) {
  auto list = nlohmann::json::array();
  for (const auto& check : checks) {
    list.push_back({{"name", check.name},
                    {"passed", check.state != CheckState::missing},
                    {"state", to_string(check.state)},
                    {"detail", check.detail},
                    {"remedy", check.remedy}});
  }
  return nlohmann::json{{"checks", list}}.dump(2) + "\n";
}

}  // namespace timetrial::cli
