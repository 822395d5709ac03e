#include "harness/tuning/search_space.h"

#include "harness/jsonfile/strict_json.h"
#include "harness/trial/error.h"
#include "harness/trial/sha256.h"
#include "harness/trial/suggest.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>

namespace timetrial::tuning {
namespace {

using Json = nlohmann::json;

double read_value(const Json& value, const std::string& place) {
  if (value.is_boolean()) return value.get<bool>() ? 1.0 : 0.0;
  if (!value.is_number()) {
    throw InputError(fmt::format("{} is {}; use a number, true or false", place, value.dump()));
  }
  const double number = value.get<double>();
  if (!std::isfinite(number)) throw InputError(place + " is too large; use a finite number");
  return number;
}

const Json& require(const Json& entry, const char* key, const std::string& place) {
  const auto found = entry.find(key);
  if (found == entry.end()) {
    throw InputError(fmt::format(
        "{}: '{}' is missing; write {{\"min\": …, \"max\": …, \"scaling\": \"linear\" or \"log\"}} "
        "or {{\"feasible_points\": […]}}",
        place, key));
  }
  return *found;
}

void refuse_other_keys(const Json& entry, const std::vector<std::string>& known,
                       const std::string& place) {
  for (const auto& item : entry.items()) {
    if (std::find(known.begin(), known.end(), item.key()) == known.end()) {
      throw InputError(place + ": " + unknown_name("key", item.key(), known));
    }
  }
}

Choices read_choices(const Json& entry, const std::string& place) {
  refuse_other_keys(entry, {"feasible_points"}, place);
  const Json& list = entry.at("feasible_points");
  if (!list.is_array() || list.empty()) {
    throw InputError(place + ": 'feasible_points' is not a list of at least one value");
  }
  Choices choices;
  for (const auto& value : list) {
    choices.values.push_back(read_value(value, place + ": a feasible point"));
  }
  return choices;
}

Range read_range(const Json& entry, const std::string& place) {
  refuse_other_keys(entry, {"min", "max", "scaling"}, place);
  Range range;
  range.min = read_value(require(entry, "min", place), place + ": 'min'");
  range.max = read_value(require(entry, "max", place), place + ": 'max'");
  const Json& scaling = require(entry, "scaling", place);
  if (scaling != "linear" && scaling != "log") {
    throw InputError(
        fmt::format("{}: 'scaling' is {}; use \"linear\" or \"log\"", place, scaling.dump()));
  }
  range.log = scaling == "log";
  if (range.min > range.max) {
    throw InputError(
        fmt::format("{}: min {} exceeds max {}; swap them", place, range.min, range.max));
  }
  if (range.log && range.min <= 0) {
    throw InputError(fmt::format(
        "{}: min {} cannot be scaled by its logarithm; use a min above 0, or \"linear\"", place,
        range.min));
  }
  return range;
}

void read_dimensions(const Json& json, const std::string& file_name, SearchSpace& space) {
  for (const auto& [name, entry] : json.items()) {
    const std::string place = fmt::format("{}: '{}'", file_name, name);
    if (!entry.is_object()) {
      throw InputError(
          fmt::format("{} is {}; for a fixed value write {{\"feasible_points\": [{}]}}", place,
                      entry.dump(), entry.dump()));
    }
    if (entry.contains("feasible_points")) {
      space.dimensions[name] = read_choices(entry, place);
    } else {
      space.dimensions[name] = read_range(entry, place);
    }
  }
}

bool equal_keys(const Point& a, const Point& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const auto& x, const auto& y) { return x.first == y.first; });
}

void read_points(const Json& json, const std::string& file_name, SearchSpace& space) {
  if (json.empty()) throw InputError(file_name + ": the list has no point; write at least one");
  for (const auto& entry : json) {
    const std::string place = fmt::format("{}: point {}", file_name, space.points.size());
    if (!entry.is_object() || entry.empty()) {
      throw InputError(place + " is not an object of hyperparameters, such as {\"lr\": 0.001}");
    }
    Point point;
    for (const auto& [name, value] : entry.items()) {
      point[name] = read_value(value, fmt::format("{}: '{}'", place, name));
    }
    if (!space.points.empty() && !equal_keys(point, space.points.front())) {
      throw InputError(place + " has other hyperparameters than point 0; give all points the same");
    }
    space.points.push_back(std::move(point));
  }
}

void check_value(const std::string& name, double value, const Range& range) {
  if (value >= range.min && value <= range.max) return;
  throw InputError(fmt::format("hyperparameter {} = {} is outside the search space; use {} to {}",
                               name, value, range.min, range.max));
}

void check_value(const std::string& name, double value, const Choices& choices) {
  const auto& values = choices.values;
  if (std::find(values.begin(), values.end(), value) != values.end()) return;
  std::string list;
  for (const double choice : values) list += fmt::format("{}{}", list.empty() ? "" : ", ", choice);
  throw InputError(fmt::format("hyperparameter {} = {} is outside the search space; use one of {}",
                               name, value, list));
}

void check_listed(const Point& point, const SearchSpace& space) {
  if (std::find(space.points.begin(), space.points.end(), point) != space.points.end()) return;
  std::string text;
  for (const auto& [name, value] : point) {
    text += fmt::format("{}{} = {}", text.empty() ? "" : ", ", name, value);
  }
  throw InputError("the point (" + text +
                   ") is not in the search space's list; use one of the list");
}

}  // namespace

SearchSpace parse(const std::string& text, const std::string& file_name) {
  const Json json = jsonfile::parse(text, file_name);
  SearchSpace space;
  space.hash = sha256_hex(text);
  if (json.is_object()) {
    read_dimensions(json, file_name, space);
  } else if (json.is_array()) {
    read_points(json, file_name, space);
  } else {
    throw InputError(file_name + ": expected an object of ranges or a list of points");
  }
  return space;
}

SearchSpace read(const std::filesystem::path& file) {
  return parse(jsonfile::read_text(file), file.string());
}

void check(const Point& point, const SearchSpace& space) {
  if (space.is_list()) return check_listed(point, space);
  std::vector<std::string> names;
  for (const auto& [name, dimension] : space.dimensions) {
    names.push_back(name);
    if (point.count(name) == 0) {
      throw InputError("hyperparameter '" + name + "' is missing; the search space has it");
    }
  }
  for (const auto& [name, value] : point) {
    const auto found = space.dimensions.find(name);
    if (found == space.dimensions.end()) {
      throw InputError(unknown_name("hyperparameter", name, names));
    }
    std::visit([&, &name = name,
                &value = value](const auto& dimension) { check_value(name, value, dimension); },
               found->second);
  }
}

}  // namespace timetrial::tuning
