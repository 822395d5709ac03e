#include "workloads/lm/python_sources.h"

#include "workloads/workload.h"

#include <algorithm>
#include <fstream>
#include <sstream>
#include <unordered_set>

namespace timetrial::lm {
namespace {

namespace fs = std::filesystem;

constexpr const char* kRemedy = "; fetch the PyPI package networkx again (scripts/setup.sh)";
constexpr std::size_t kPiece = 1024;

std::string contents(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  if (!in) throw workloads::DataError(file.string() + ": cannot be read" + kRemedy);
  return text.str();
}

/// Paths below `folder`, sorted.
std::vector<std::string> python_files(const fs::path& folder) {
  std::error_code error;
  std::vector<std::string> paths;
  for (const auto& entry : fs::recursive_directory_iterator(folder, error)) {
    if (entry.is_regular_file() && entry.path().extension() == ".py") {
      paths.push_back(entry.path().lexically_relative(folder).generic_string());
    }
  }
  if (error || paths.empty()) {
    throw workloads::DataError(folder.string() + ": expected a folder of Python sources" + kRemedy);
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

}  // namespace

std::vector<Document> read_python_sources(const fs::path& folder) {
  std::vector<Document> documents;
  std::unordered_set<std::string> seen;
  for (const auto& path : python_files(folder)) {
    const fs::path file = folder / path;
    if (fs::file_size(file) == 0) continue;
    std::string text = contents(file);
    if (seen.insert(text).second) documents.push_back({path, std::move(text)});
  }
  sort_by_hash(documents);
  return documents;
}

std::string spread_sample(const std::string& text, std::size_t wanted, const fs::path& file) {
  if (text.size() < wanted + 1) {
    throw workloads::DataError(file.string() + ": the sources give " + std::to_string(text.size()) +
                               " bytes for this split, expected at least " +
                               std::to_string(wanted + 1) + kRemedy);
  }
  // Pieces do not overlap, since each begins where an equal share of the text does.
  const std::size_t pieces = std::max<std::size_t>(1, wanted / kPiece);
  std::string sample;
  for (std::size_t i = 0; i < pieces; ++i) {
    const std::size_t end = (i + 1) * (wanted + 1) / pieces;
    sample += text.substr(i * text.size() / pieces, end - sample.size());
  }
  return sample;
}

}  // namespace timetrial::lm
