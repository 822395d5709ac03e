#pragma once
// Python sources as text: the files of the PyPI package networkx, split into documents, one a file.
//
// Format  a folder of .py files, UTF-8, taken as bytes
// Errors  DataError naming the folder, what was expected and the remedy

#include "workloads/lm/gcide.h"

#include <filesystem>
#include <string>
#include <vector>

namespace timetrial::lm {

/// Every file below `folder` whose name ends in ".py", empty ones and copies left out, in the order
/// of the hash of its path below `folder`, which stands for the headword: it decides the part.
std::vector<Document> read_python_sources(const std::filesystem::path& folder);

/// Pieces of about 1,024 bytes at equal distances, `wanted` bytes together and one more: the first
/// byte is only an input. Files are long, a stretch of the text would be two or three of them.
/// Throws DataError, naming `file`, when there are not as many.
std::string spread_sample(const std::string& text, std::size_t wanted,
                          const std::filesystem::path& file);

}  // namespace timetrial::lm
