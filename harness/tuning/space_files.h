#pragma once
// Which search spaces a submission brings, as files beside its library NAME.so:
//
//   NAME.search_space.json         its own, or search_space.json if it is alone in its folder
//   NAME.WORD.search_space.json    another one that is called WORD, such as "algoperf"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace timetrial::tuning {

/// Empty for a submission that tunes itself.
std::optional<std::filesystem::path> own_search_space(const std::filesystem::path& library);

/// The words of its other search spaces, sorted.
std::vector<std::string> named_search_spaces(const std::filesystem::path& library);

/// Whether that is a path (it has a slash, or ends in .json) and not a word.
bool is_search_space_file(const std::string& wanted);

/// The file that `wanted` means for this submission: a path, or the word of one of its search
/// spaces. Throws InputError naming those that it has.
std::filesystem::path find_search_space(const std::filesystem::path& library,
                                        const std::string& wanted);

}  // namespace timetrial::tuning
