#include "harness/conformance/recorded_combination.h"

#include "harness/jsonfile/strict_json.h"
#include "harness/trial/error.h"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

namespace timetrial::conformance {
namespace {

using Json = nlohmann::json;

[[noreturn]] void refuse(const std::filesystem::path& file, const std::string& place,
                         const std::string& expected) {
  throw InputError(fmt::format("{}: {}: expected {}", file.string(), place, expected));
}

const Json& member(const Json& record, const char* name, const std::filesystem::path& file) {
  const auto found = record.find(name);
  if (found == record.end()) {
    throw InputError(fmt::format(
        "{}: \"{}\" is missing; a record has \"method\", \"options\", \"task_gradients\", "
        "\"task_losses\" and \"combined_gradient\"",
        file.string(), name));
  }
  return *found;
}

double finite_number(const Json& value, const std::string& place,
                     const std::filesystem::path& file) {
  if (!value.is_number() || !std::isfinite(value.get<double>())) {
    refuse(file, place, "a finite number, found " + value.dump());
  }
  return value.get<double>();
}

std::vector<double> numbers(const Json& list, const std::string& place,
                            const std::filesystem::path& file) {
  if (!list.is_array() || list.empty()) refuse(file, place, "a list of numbers");
  std::vector<double> result;
  for (const auto& one : list) {
    result.push_back(finite_number(one, fmt::format("{}[{}]", place, result.size()), file));
  }
  return result;
}

std::vector<std::vector<double>> rows(const Json& list, const std::filesystem::path& file) {
  if (!list.is_array() || list.empty()) refuse(file, "task_gradients", "a list of rows");
  std::vector<std::vector<double>> result;
  for (const auto& one : list) {
    const auto place = fmt::format("task_gradients[{}]", result.size());
    result.push_back(numbers(one, place, file));
    if (result.back().size() != result.front().size()) {
      refuse(file, place,
             fmt::format("{} numbers as in row 0, found {}", result.front().size(),
                         result.back().size()));
    }
  }
  return result;
}

/// "group_sizes", where a record has it.
std::vector<std::size_t> group_sizes(const Json& record, std::size_t columns,
                                     const std::filesystem::path& file) {
  std::vector<std::size_t> sizes;
  if (!record.contains("group_sizes")) return sizes;
  double sum = 0;
  for (const double size : numbers(record["group_sizes"], "group_sizes", file)) {
    if (!(size >= 1) || size != std::floor(size)) {
      refuse(file, fmt::format("group_sizes[{}]", sizes.size()),
             fmt::format("a whole number of at least 1, found {}", size));
    }
    sum += size;
    if (sum > static_cast<double>(columns)) break;
    sizes.push_back(static_cast<std::size_t>(size));
  }
  if (sum != static_cast<double>(columns)) {
    refuse(file, "group_sizes",
           fmt::format("numbers of sum {}, the columns of task_gradients", columns));
  }
  return sizes;
}

void require_length(const std::vector<double>& list, std::size_t length, const char* place,
                    const char* what, const std::filesystem::path& file) {
  if (list.size() == length) return;
  refuse(file, place, fmt::format("{} numbers, one per {}, found {}", length, what, list.size()));
}

}  // namespace

RecordedCombination read_combination(const std::filesystem::path& file) {
  const Json record = jsonfile::parse(jsonfile::read_text(file), file.string());
  if (!record.is_object()) throw InputError(file.string() + ": expected a JSON object");
  const Json& method = member(record, "method", file);
  if (!method.is_string()) refuse(file, "method", "a name such as \"PCGrad\"");
  const Json options = record.contains("options") ? record["options"] : Json::object();
  if (!options.is_object()) refuse(file, "options", "an object such as {\"calpha\": 0.5}");
  RecordedCombination result{
      file,
      method.get<std::string>(),
      options,
      rows(member(record, "task_gradients", file), file),
      numbers(member(record, "task_losses", file), "task_losses", file),
      numbers(member(record, "combined_gradient", file), "combined_gradient", file),
      {}};
  require_length(result.losses, result.gradients.size(), "task_losses", "row of task_gradients",
                 file);
  require_length(result.combined, result.gradients.front().size(), "combined_gradient",
                 "column of task_gradients", file);
  result.groups = group_sizes(record, result.gradients.front().size(), file);
  return result;
}

const Json* OptionReader::find(const std::string& name) {
  known_.push_back(name);
  const auto found = record_.options.find(name);
  return found == record_.options.end() ? nullptr : &*found;
}

double OptionReader::number(const std::string& name, double otherwise, double least, double most) {
  const Json* value = find(name);
  if (value == nullptr) return otherwise;
  const auto place = "options." + name;
  const double found = finite_number(*value, place, record_.file);
  if (found < least || found > most) {
    refuse(record_.file, place,
           (std::isfinite(most) ? fmt::format("a number from {} to {}", least, most)
                                : fmt::format("a number of at least {}", least)) +
               ", found " + value->dump());
  }
  return found;
}

int OptionReader::whole(const std::string& name, int otherwise, int least, int most) {
  const double found = number(name, otherwise, least, most);
  if (found != std::floor(found)) {
    refuse(record_.file, "options." + name, fmt::format("a whole number, found {}", found));
  }
  return static_cast<int>(found);
}

std::size_t OptionReader::word(const std::string& name, const std::vector<std::string>& words) {
  const Json* value = find(name);
  if (value == nullptr) return 0;
  const auto found = value->is_string()
                         ? std::find(words.begin(), words.end(), value->get<std::string>())
                         : words.end();
  if (found == words.end()) {
    refuse(record_.file, "options." + name,
           fmt::format("one of {}, found {}", fmt::join(words, ", "), value->dump()));
  }
  return static_cast<std::size_t>(found - words.begin());
}

void OptionReader::finish() const {
  for (const auto& [name, value] : record_.options.items()) {
    if (std::find(known_.begin(), known_.end(), name) != known_.end()) continue;
    refuse(record_.file, "options",
           fmt::format("{} for {}, found \"{}\"",
                       known_.empty() ? "none" : fmt::format("{}", fmt::join(known_, ", ")),
                       record_.method, name));
  }
}

}  // namespace timetrial::conformance
