#include "workloads/recorded_arguments.h"

#include "workloads/workload.h"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace timetrial::workloads {
namespace {

/// nlohmann::json turns numbers into one another silently; a case that says 2.5 layers is wrong.
template <typename T>
bool is_a(const nlohmann::json& value);
template <>
bool is_a<bool>(const nlohmann::json& value) {
  return value.is_boolean();
}
template <>
bool is_a<std::int64_t>(const nlohmann::json& value) {
  return value.is_number_integer();
}
template <>
bool is_a<double>(const nlohmann::json& value) {
  return value.is_number();
}
template <>
bool is_a<std::string>(const nlohmann::json& value) {
  return value.is_string();
}
template <>
bool is_a<std::vector<std::int64_t>>(const nlohmann::json& value) {
  return value.is_array() && std::all_of(value.begin(), value.end(),
                                         [](const auto& one) { return is_a<std::int64_t>(one); });
}

template <>
bool is_a<std::vector<bool>>(const nlohmann::json& value) {
  return value.is_array() &&
         std::all_of(value.begin(), value.end(), [](const auto& one) { return is_a<bool>(one); });
}

}  // namespace

RecordedArguments::RecordedArguments(std::string workload, const nlohmann::json& arguments)
    : workload_(std::move(workload)), arguments_(arguments) {
  if (!arguments.is_object()) {
    throw ConfigError(workload_ + ": the constructor is " + arguments.dump() +
                      "; it must be an object of arguments by name");
  }
}

const nlohmann::json* RecordedArguments::find(const std::string& name) {
  known_.insert(name);
  const auto found = arguments_.find(name);
  return found == arguments_.end() || found->is_null() ? nullptr : &*found;
}

template <typename T>
T RecordedArguments::get(const std::string& name, T otherwise, const char* type) {
  const nlohmann::json* value = find(name);
  if (value == nullptr) return otherwise;
  if (!is_a<T>(*value)) refuse(name, type);
  return value->get<T>();
}

bool RecordedArguments::flag(const std::string& name, bool otherwise) {
  return get(name, otherwise, "true or false");
}
std::int64_t RecordedArguments::integer(const std::string& name, std::int64_t otherwise) {
  return get(name, otherwise, "a whole number");
}
double RecordedArguments::number(const std::string& name, double otherwise) {
  return get(name, otherwise, "a number");
}
std::string RecordedArguments::text(const std::string& name, const std::string& otherwise) {
  return get(name, otherwise, "a text");
}
std::vector<std::int64_t> RecordedArguments::integers(const std::string& name,
                                                      std::vector<std::int64_t> otherwise) {
  return get(name, std::move(otherwise), "a list of whole numbers");
}
std::vector<bool> RecordedArguments::flags(const std::string& name, std::vector<bool> otherwise) {
  return get(name, std::move(otherwise), "a list of true or false");
}

void RecordedArguments::finish() const {
  for (const auto& [name, value] : arguments_.items()) {
    if (known_.contains(name)) continue;
    std::string names;
    for (const std::string& one : known_) names += (names.empty() ? "" : ", ") + one;
    throw ConfigError(workload_ + ": the argument '" + name + "' is not known; " +
                      (names.empty() ? "the model has none" : "the model has " + names));
  }
}

void RecordedArguments::refuse(const std::string& name, const std::string& allowed) const {
  throw ConfigError(workload_ + ": " + name + " = " + arguments_.at(name).dump() + "; it must be " +
                    allowed);
}

}  // namespace timetrial::workloads
