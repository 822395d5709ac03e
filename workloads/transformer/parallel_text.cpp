#include "workloads/transformer/parallel_text.h"

#include <algorithm>
#include <fstream>

#include "workloads/workload.h"

namespace timetrial::transformer {
namespace {

namespace fs = std::filesystem;

struct Lines {
  std::int64_t count = 0;
  std::vector<std::uint64_t> begins;  ///< of every part
};

/// Where every `per_part`-th line begins.
Lines scan(const fs::path& file, std::int64_t per_part, const std::string& remedy) {
  std::ifstream in(file, std::ios::binary);
  if (!in) throw workloads::DataError(file.string() + ": no such file; " + remedy);
  Lines lines;
  std::vector<char> buffer(1 << 20);
  std::uint64_t read = 0;
  bool at_begin = true;  // of a line
  while (in.read(buffer.data(), std::ssize(buffer)), in.gcount() > 0) {
    for (std::int64_t i = 0; i < in.gcount(); ++i, ++read) {
      if (at_begin) {
        if (lines.count % per_part == 0) lines.begins.push_back(read);
        ++lines.count;
      }
      at_begin = buffer[static_cast<std::size_t>(i)] == '\n';
    }
  }
  return lines;
}

}  // namespace

ParallelText::ParallelText(fs::path german, fs::path english, std::int64_t lines_per_part,
                           const std::string& remedy)
    : german_(std::move(german)), english_(std::move(english)), lines_per_part_(lines_per_part) {
  const Lines a = scan(german_, lines_per_part, remedy), b = scan(english_, lines_per_part, remedy);
  if (a.count != b.count || a.count == 0) {
    throw workloads::DataError(german_.string() + " has " + std::to_string(a.count) + " lines, " +
                               english_.filename().string() + " " + std::to_string(b.count) +
                               "; expected as many, line by line translations; " + remedy);
  }
  lines_ = a.count;
  for (std::size_t i = 0; i < a.begins.size(); ++i) begins_.push_back({a.begins[i], b.begins[i]});
}

std::int64_t ParallelText::lines(std::int64_t part) const {
  return std::min(lines_per_part_, lines_ - part * lines_per_part_);
}

std::uint64_t ParallelText::bytes() const {
  return fs::file_size(german_) + fs::file_size(english_);
}

void ParallelText::read(std::int64_t part, const std::function<void(const TextPair&)>& pair) const {
  const Begin& begin = begins_.at(static_cast<std::size_t>(part));
  std::ifstream german(german_, std::ios::binary), english(english_, std::ios::binary);
  german.seekg(static_cast<std::streamoff>(begin.german));
  english.seekg(static_cast<std::streamoff>(begin.english));
  TextPair text;
  for (std::int64_t i = 0; i < lines(part); ++i) {
    if (!std::getline(german, text.other) || !std::getline(english, text.english)) {
      throw workloads::DataError(german_.string() + " and " + english_.filename().string() +
                                 ": cannot be read to their end; did they change?");
    }
    pair(text);
  }
}

}  // namespace timetrial::transformer
