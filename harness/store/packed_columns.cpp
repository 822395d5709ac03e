#include "harness/store/packed_columns.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

namespace timetrial::store {
namespace {

constexpr std::size_t kWidth = 8;  // bytes of a value

std::span<const std::byte> bytes_of(std::span<const double> values) {
  return std::as_bytes(values);
}

bool same_bits(std::span<const double> a, std::span<const double> b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size_bytes()) == 0;
}

bool is_step_column(std::span<const double> values, std::span<const std::int64_t> steps) {
  return values.size() == steps.size() &&
         std::equal(values.begin(), values.end(), steps.begin(),
                    [](double value, std::int64_t step) {
                      const double same = static_cast<double>(step);
                      return std::memcmp(&value, &same, sizeof value) == 0;
                    });
}

/// NaN has no spelling in JSON but null; what has none, infinity and -0, is packed.
bool is_constant(std::span<const double> values) {
  if (values.size() < 2 || std::isinf(values[0])) return false;
  if (values[0] == 0 && std::signbit(values[0])) return false;
  const double quiet = std::numeric_limits<double>::quiet_NaN();
  if (std::isnan(values[0]) && std::memcmp(&values[0], &quiet, sizeof quiet) != 0) return false;
  return std::memcmp(values.data(), values.data() + 1, values.size_bytes() - kWidth) == 0;
}

void append(std::vector<std::byte>& bytes, std::span<const std::byte> more) {
  bytes.insert(bytes.end(), more.begin(), more.end());
}

/// A name as JSON; nearly all are plain.
void append_name(std::string& json, std::string_view name) {
  const bool plain = std::all_of(
      name.begin(), name.end(), [](char c) { return c > ' ' && c < 127 && c != '"' && c != '\\'; });
  if (plain) {
    json.append("\"").append(name).append("\"");
  } else {
    json += nlohmann::json(std::string(name))
                .dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  }
}

double read_real(std::span<const std::byte> bytes, std::size_t index) {
  double value = 0;
  std::memcpy(&value, bytes.data() + kWidth * index, kWidth);
  return value;
}

double read_step(std::span<const std::byte> bytes, std::size_t index) {
  std::int64_t value = 0;
  std::memcpy(&value, bytes.data() + kWidth * index, kWidth);
  return static_cast<double>(value);
}

}  // namespace

void pack(const ImportedTrial& trial, PackedColumns& packed) {
  packed.curve.clear();
  packed.data.clear();
  append(packed.curve, bytes_of(trial.time));
  append(packed.curve, std::as_bytes(trial.step));
  append(packed.curve, bytes_of(trial.value));
  auto& layout = packed.layout;
  layout = "[";
  std::vector<const MeasuredColumn*> kept;
  for (const auto& column : trial.columns) {
    layout += layout.size() > 1 ? ",{\"name\":" : "{\"name\":";
    append_name(layout, column.name);
    const auto same = std::find_if(kept.begin(), kept.end(), [&](const MeasuredColumn* earlier) {
      return same_bits(earlier->values, column.values);
    });
    if (same_bits(column.values, trial.time)) {
      layout += ",\"in\":\"time\"}";
    } else if (same_bits(column.values, trial.value)) {
      layout += ",\"in\":\"value\"}";
    } else if (is_step_column(column.values, trial.step)) {
      layout += ",\"in\":\"step\"}";
    } else if (is_constant(column.values)) {
      const double value = column.values[0];
      layout +=
          std::isnan(value) ? ",\"constant\":null}" : fmt::format(",\"constant\":{}}}", value);
    } else if (same != kept.end()) {
      layout += ",\"same\":";
      append_name(layout, (*same)->name);
      layout += "}";
    } else {
      append(packed.data, bytes_of(column.values));
      kept.push_back(&column);
      layout += "}";
    }
  }
  layout += "]";
}

ColumnLayout::ColumnLayout(std::string_view text) {
  const auto fail = [&] {
    throw StoreError(fmt::format("no layout of columns: {}", text.substr(0, 80)));
  };
  const auto json = nlohmann::json::parse(text, nullptr, false);
  if (!json.is_array()) fail();
  for (const auto& entry : json) {
    if (!entry.is_object() || !entry.contains("name") || !entry["name"].is_string()) fail();
    Place place;
    if (entry.contains("in")) {
      const auto& part = entry["in"];
      place.kind = part == "time" ? Kind::time : part == "step" ? Kind::step : Kind::value;
    } else if (entry.contains("constant")) {
      place.kind = Kind::constant;
      place.constant = entry["constant"].is_number() ? entry["constant"].get<double>()
                                                     : std::numeric_limits<double>::quiet_NaN();
    } else if (entry.contains("same")) {
      const auto earlier = entry["same"].is_string()
                               ? find(entry["same"].get_ref<const std::string&>())
                               : std::nullopt;
      if (!earlier) fail();
      place = places_[*earlier];
    } else {
      place.at = packed_++;
    }
    names_.push_back(entry["name"]);
    places_.push_back(place);
  }
}

std::optional<std::size_t> ColumnLayout::find(std::string_view name) const {
  const auto found = std::find(names_.begin(), names_.end(), name);
  if (found == names_.end()) return std::nullopt;
  return static_cast<std::size_t>(found - names_.begin());
}

bool ColumnLayout::fits(std::size_t rows, std::span<const std::byte> curve,
                        std::span<const std::byte> data) const {
  return curve.size() == 3 * kWidth * rows && data.size() == packed_ * kWidth * rows;
}

double ColumnLayout::value(std::size_t column, std::size_t row, std::size_t rows,
                           std::span<const std::byte> curve,
                           std::span<const std::byte> data) const {
  const auto& place = places_[column];
  switch (place.kind) {
    case Kind::time:
      return read_real(curve, row);
    case Kind::step:
      return read_step(curve, rows + row);
    case Kind::value:
      return read_real(curve, 2 * rows + row);
    case Kind::constant:
      return place.constant;
    case Kind::packed:
      return read_real(data, place.at * rows + row);
  }
  return 0;
}

}  // namespace timetrial::store
