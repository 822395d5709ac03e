#pragma once
// The constructor arguments of a recorded case, read by name:
//
//   RecordedArguments arguments("fastmri", constructor);
//   config.channels = arguments.integer("num_channels", 32);
//   arguments.finish();   // refuses what nobody asked for
//
// An argument that is left out, or null (Python's None), has the value given beside its name. Wrong
// types and unknown names throw ConfigError naming workload, argument and what it may be.

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <set>
#include <string>
#include <vector>

namespace timetrial::workloads {

class RecordedArguments {
 public:
  /// `workload` is for messages; `arguments` must outlive this. Throws ConfigError unless they are
  /// a JSON object.
  RecordedArguments(std::string workload, const nlohmann::json& arguments);

  bool flag(const std::string& name, bool otherwise);
  std::int64_t integer(const std::string& name, std::int64_t otherwise);
  double number(const std::string& name, double otherwise);
  std::string text(const std::string& name, const std::string& otherwise);
  std::vector<std::int64_t> integers(const std::string& name, std::vector<std::int64_t> otherwise);
  std::vector<bool> flags(const std::string& name, std::vector<bool> otherwise);

  /// Throws ConfigError for the first argument that was not read, with those that were.
  void finish() const;
  /// Throws ConfigError: "WORKLOAD: NAME = VALUE; it must be ALLOWED".
  [[noreturn]] void refuse(const std::string& name, const std::string& allowed) const;

 private:
  /// Null where the argument is left out.
  const nlohmann::json* find(const std::string& name);
  template <typename T>
  T get(const std::string& name, T otherwise, const char* type);

  std::string workload_;
  const nlohmann::json& arguments_;
  std::set<std::string> known_;
};

}  // namespace timetrial::workloads
