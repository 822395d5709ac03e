#include "harness/trial/suggest.h"

#include <fnmatch.h>

#include <algorithm>
#include <utility>

namespace timetrial {
namespace {

std::size_t edit_distance(const std::string& a, const std::string& b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t substitute = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, substitute});
    }
  }
  return row[b.size()];
}

}  // namespace

std::vector<std::string> nearest(const std::string& name, const std::vector<std::string>& known,
                                 std::size_t count) {
  std::vector<std::pair<std::size_t, std::string>> scored;
  for (const auto& candidate : known) scored.emplace_back(edit_distance(name, candidate), candidate);
  std::sort(scored.begin(), scored.end());
  if (scored.size() > count) scored.resize(count);
  std::vector<std::string> names;
  for (auto& entry : scored) names.push_back(std::move(entry.second));
  return names;
}

std::string unknown_name(const std::string& kind, const std::string& name,
                         const std::vector<std::string>& known) {
  std::string message = "unknown " + kind + " '" + name + "'";
  const auto close = nearest(name, known);
  if (close.empty()) return message + "; there is none";
  message += "; did you mean ";
  for (std::size_t i = 0; i < close.size(); ++i) {
    message += (i == 0 ? "" : i + 1 == close.size() ? " or " : ", ") + close[i];
  }
  return message + "?";
}

bool glob_match(const std::string& pattern, const std::string& name) {
  return fnmatch(pattern.c_str(), name.c_str(), 0) == 0;
}

}  // namespace timetrial
