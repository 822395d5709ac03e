#pragma once
// The submissions that come with Timetrial, for tests of all of them.

#include <timetrial/training.h>

#include <iterator>
#include <map>
#include <sstream>
#include <string>
#include <vector>

namespace timetrial::submissions_test {

/// The names of the folders of submissions/.
inline std::vector<std::string> all_submissions() {
  std::istringstream names(SUBMISSIONS);
  return {std::istream_iterator<std::string>(names), {}};
}

/// Those that wrap another one, with the other one.
inline std::map<std::string, std::string> wrapped_submissions() {
  std::istringstream names(WRAPPED);
  std::map<std::string, std::string> bases;
  for (std::string name, base; names >> name >> base;) bases[name] = base;
  return bases;
}

/// Their names.
inline std::vector<std::string> task_methods() {
  std::vector<std::string> names;
  for (const auto& [name, base] : wrapped_submissions()) names.push_back(name);
  return names;
}

/// What a wrapper trains as where there is one task; another submission itself.
inline std::string base_of(const std::string& name) {
  const auto bases = wrapped_submissions();
  const auto base = bases.find(name);
  return base == bases.end() ? name : base->second;
}

/// Those that take no hyperparameters.
inline bool tunes_itself(const std::string& name) { return name.ends_with("_self"); }

/// Those that do.
inline std::vector<std::string> tuned_submissions() {
  auto names = all_submissions();
  std::erase_if(names, tunes_itself);
  return names;
}

inline std::string library(const std::string& name) { return SUBMISSIONS_DIR "/" + name + ".so"; }

/// With which 200 steps on the fixture network go far.
inline Hyperparameters good_point(const std::string& name) {
  if (tunes_itself(name)) return {};
  double rate = name.ends_with("adagrad") ? 0.1 : 0.01;
  if (name == "prodigy") rate = 1;  // a factor of its own estimate
  if (name == "agc") rate = 0.3;    // no step is longer than a hundredth of the weights, times this
  return Hyperparameters({{"learning_rate", rate}});
}

}  // namespace timetrial::submissions_test
