#include "harness/jsonfile/strict_json.h"

#include "harness/trial/error.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <set>
#include <vector>

namespace timetrial::jsonfile {
namespace {

using Json = nlohmann::json;

/// "place:line:column" of a byte, both counted from 1.
std::string at_byte(std::string_view text, std::size_t byte, const std::string& place) {
  const auto before = text.substr(0, std::min(byte > 0 ? byte - 1 : 0, text.size()));
  const auto line = 1 + std::count(before.begin(), before.end(), '\n');
  const auto line_start = before.rfind('\n') == std::string_view::npos ? 0 : before.rfind('\n') + 1;
  return fmt::format("{}:{}:{}", place, line, before.size() - line_start + 1);
}

}  // namespace

Json parse(std::string_view text, const std::string& place) {
  std::vector<std::set<std::string>> open_objects;
  std::string repeated;
  bool repeats = false;
  const auto watch = [&](int, Json::parse_event_t event, Json& value) {
    if (event == Json::parse_event_t::object_start) open_objects.emplace_back();
    if (event == Json::parse_event_t::object_end) open_objects.pop_back();
    if (event == Json::parse_event_t::key && !repeats) {
      repeated = value.get<std::string>();
      repeats = !open_objects.back().insert(repeated).second;
    }
    return true;
  };
  Json json;
  try {
    json = Json::parse(text, watch);
  } catch (const Json::parse_error& error) {
    throw InputError(at_byte(text, error.byte, place) +
                     ": no valid JSON; look for a missing quote, comma or bracket before it");
  } catch (const Json::out_of_range&) {
    throw InputError(place + ": a number is too large for a double; give a smaller one");
  }
  if (repeats) throw InputError(fmt::format("{}: names '{}' twice; keep one", place, repeated));
  return json;
}

std::string read_text(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in || std::filesystem::is_directory(file)) {
    throw InputError(file.string() + ": cannot be read; check the path and its permissions");
  }
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace timetrial::jsonfile
