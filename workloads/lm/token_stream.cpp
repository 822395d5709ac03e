#include "workloads/lm/token_stream.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <stdexcept>

#include "workloads/workload.h"

namespace timetrial::lm {
namespace {

namespace fs = std::filesystem;

constexpr std::int32_t kMagic = 20240520, kVersion = 1;
constexpr std::int64_t kHeaderBytes = 256 * 4, kTokenBytes = 2;

std::vector<fs::path> files_of(const fs::path& source, const std::string& split) {
  const bool own_folder = fs::is_directory(source / split);
  const fs::path folder = own_folder ? source / split : source;
  std::vector<fs::path> files;
  if (!fs::is_directory(folder)) return files;
  for (const auto& entry : fs::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    const bool wanted = own_folder || name.find(split) != name.npos;
    if (wanted && entry.path().extension() == ".bin") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace

TokenStream::TokenStream(const fs::path& source, const std::string& split, std::int64_t vocabulary,
                         std::string remedy)
    : vocabulary_(vocabulary), remedy_(std::move(remedy)) {
  for (const fs::path& file : files_of(source, split)) {
    Part part = open(file);
    part.begin += size_;
    part.end += size_;
    size_ = part.end;
    parts_.push_back(std::move(part));
  }
  if (parts_.empty()) {
    throw workloads::DataError((source / split).string() + ": no token files (*.bin), nor *" +
                               split + "*.bin beside it; " + remedy_);
  }
}

TokenStream::Part TokenStream::open(const fs::path& file) const {
  const auto bytes = static_cast<std::int64_t>(fs::file_size(file));
  std::array<std::int32_t, 3> header{};
  std::ifstream in(file, std::ios::binary);
  in.read(reinterpret_cast<char*>(header.data()), sizeof header);
  Part part{file};
  if (bytes >= kHeaderBytes && header[0] == kMagic) {
    part.header_bytes = kHeaderBytes;
    if (header[1] != kVersion || header[2] != (bytes - kHeaderBytes) / kTokenBytes) {
      throw workloads::DataError(
          file.string() + ": the header says version " + std::to_string(header[1]) + ", " +
          std::to_string(header[2]) + " tokens, expected version 1 and the " +
          std::to_string((bytes - kHeaderBytes) / kTokenBytes) + " that follow it; " + remedy_);
    }
  }
  if (bytes % kTokenBytes != 0) {
    throw workloads::DataError(file.string() + ": " + std::to_string(bytes) +
                               " bytes, expected tokens of two bytes; " + remedy_);
  }
  part.end = (bytes - part.header_bytes) / kTokenBytes;
  return part;
}

std::vector<std::uint16_t> TokenStream::read(std::int64_t begin, std::int64_t count) const {
  if (begin < 0 || count < 0 || begin + count > size_) {
    throw std::out_of_range("tokens [" + std::to_string(begin) + ", " +
                            std::to_string(begin + count) + ") of " + std::to_string(size_));
  }
  std::vector<std::uint16_t> tokens(static_cast<std::size_t>(count));
  for (const Part& part : parts_) {
    const std::int64_t from = std::max(begin, part.begin), to = std::min(begin + count, part.end);
    if (from < to) read(part, from - part.begin, to - from, tokens.data() + (from - begin));
  }
  return tokens;
}

void TokenStream::read(const Part& part, std::int64_t begin, std::int64_t count,
                       std::uint16_t* out) const {
  std::ifstream in(part.file, std::ios::binary);
  in.seekg(part.header_bytes + begin * kTokenBytes);
  if (!in.read(reinterpret_cast<char*>(out), count * kTokenBytes)) {
    throw workloads::DataError(part.file.string() + ": ends early; did it change? " + remedy_);
  }
  const auto* end = out + count;
  const auto* strange =
      std::find_if(out, out + count, [this](std::uint16_t token) { return token >= vocabulary_; });
  if (strange == end) return;
  throw workloads::DataError(part.file.string() + ": token " + std::to_string(*strange) +
                             " at place " + std::to_string(begin + (strange - out)) +
                             ", expected ids below " + std::to_string(vocabulary_) + "; " +
                             remedy_);
}

}  // namespace timetrial::lm
