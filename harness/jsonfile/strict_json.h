#pragma once
// JSON from a person or another program, read strictly: a key written twice is an error (JSON
// libraries let the last one win), and a syntax error says line and column.

#include <nlohmann/json_fwd.hpp>

#include <filesystem>
#include <string>
#include <string_view>

namespace timetrial::jsonfile {

/// Throws InputError "place:line:column: …" for text that is no JSON, and "place: …" for an object
/// that names one key twice.
nlohmann::json parse(std::string_view text, const std::string& place);

/// The whole text of a file. Throws InputError naming a file that cannot be read.
std::string read_text(const std::filesystem::path& file);

}  // namespace timetrial::jsonfile
