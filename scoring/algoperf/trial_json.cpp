#include "scoring/algoperf/trial_json.h"

#include <simdjson.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <stdexcept>

namespace timetrial::algoperf {
namespace {

namespace json = simdjson::ondemand;

/// What says where a trial ran and by which code; per-trial readings such as temperatures do not.
constexpr std::array<std::string_view, 10> kOriginKeys{
    "gpu_model_name", "gpu_count",   "gpu_driver",     "cpu_model_name", "cpu_count",
    "mem.total",      "os_platform", "python_version", "git_branch",     "git_commit_hash"};

std::string_view trimmed(std::string_view token) {
  while (!token.empty() &&
         std::string_view(" \t\r\n").find(token.back()) != std::string_view::npos) {
    token.remove_suffix(1);
  }
  return token;
}

/// The file's own text of a number, a text or a boolean; throws for what is none of them.
std::string_view scalar_text(json::value& value) {
  const std::string_view token = trimmed(value.raw_json_token());
  switch (json::json_type type = value.type(); type) {
    case json::json_type::string: {
      [[maybe_unused]] const std::string_view checked = value.get_string();
      return token;
    }
    case json::json_type::number: {
      [[maybe_unused]] const double checked = value.get_double();
      return token;
    }
    case json::json_type::boolean: {
      [[maybe_unused]] const bool checked = value.get_bool();
      return token;
    }
    default:
      throw simdjson::simdjson_error(simdjson::INCORRECT_TYPE);
  }
}

std::string origin_of(const std::array<std::string, kOriginKeys.size()>& tokens) {
  std::string object;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    if (tokens[i].empty()) continue;
    object += object.empty() ? "{\"" : ",\"";
    object.append(kOriginKeys[i]).append("\":").append(tokens[i]);
  }
  if (!object.empty()) object += '}';
  return object;
}

std::optional<double> numeric(json::value& value) {
  switch (json::json_type type = value.type(); type) {
    case json::json_type::number:
      return double(value.get_double());
    case json::json_type::boolean:
      return bool(value.get_bool()) ? 1.0 : 0.0;
    default:
      return std::nullopt;
  }
}

}  // namespace

struct TrialJson::Parser {
  json::parser parser;
  simdjson::padded_string padded;

  /// Calls take(key, value) for each member; false for a text that is no JSON object.
  template <typename Take>
  bool each(std::string_view text, Take take) {
    try {
      padded = simdjson::padded_string(text);
      json::document document = parser.iterate(padded);
      json::object object = document.get_object();
      for (auto field : object) {
        const std::string_view key = field.unescaped_key();
        json::value value = field.value();
        take(key, value);
      }
      const char* rest = nullptr;  // anything after the object is an error of the file
      return document.current_location().get(rest) != simdjson::SUCCESS;
    } catch (const simdjson::simdjson_error&) {
      return false;
    }
  }
};

TrialJson::TrialJson() : parser_(std::make_unique<Parser>()) {}
TrialJson::~TrialJson() = default;

std::optional<MetaData> TrialJson::meta_data(std::string_view text) {
  MetaData meta;
  std::array<std::string, kOriginKeys.size()> origin;
  const bool sound = parser_->each(text, [&](std::string_view key, json::value& value) {
    if (key == "workload.max_allowed_runtime_sec") {
      meta.budget_s = numeric(value);
    } else if (key == "rng_seed") {
      std::int64_t seed = 0;
      if (value.get_int64().get(seed) == simdjson::SUCCESS) meta.seed = seed;
    } else if (const auto at = std::find(kOriginKeys.begin(), kOriginKeys.end(), key);
               at != kOriginKeys.end()) {
      const bool null = value.type() == json::json_type::null;
      if (!null) origin[static_cast<std::size_t>(at - kOriginKeys.begin())] = scalar_text(value);
    }
  });
  if (!sound) return std::nullopt;
  meta.origin_json = origin_of(origin);
  return meta;
}

std::optional<std::map<std::string, double>> TrialJson::point(std::string_view text) {
  std::map<std::string, double> point;
  const bool sound = parser_->each(text, [&](std::string_view key, json::value& value) {
    const auto number = numeric(value);
    if (number) point[std::string(key)] = *number;
  });
  if (!sound) return std::nullopt;
  return point;
}

std::optional<std::string> TrialJson::tuning(std::string_view text) {
  std::string tuning;
  const bool sound = parser_->each(text, [&](std::string_view key, json::value& value) {
    if (key != "tuning_ruleset") return;
    std::string_view word;
    if (value.get_string().get(word) == simdjson::SUCCESS) tuning = word;
  });
  if (!sound) return std::nullopt;
  return tuning;
}

}  // namespace timetrial::algoperf
