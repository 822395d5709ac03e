#pragma once
// Text as a stream of tokens in several files, as the tools around GPT-2 write it.
//
// Format  *.bin: token ids, uint16, little-endian; with or without a header of 256 int32 that
//         begins 20240520 (magic), 1 (version), number of tokens. Read in the order of the files'
//         names
// Source  karpathy/llm.c, dev/data (with header); karpathy/nanoGPT, data (without)
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace timetrial::lm {

class TokenStream {
 public:
  /// The files of one split: those in `<source>/<split>`, or, if there is no such folder, those in
  /// `source` with the split's name in theirs. Throws DataError, ending in `remedy`: no files, a
  /// header that does not fit its file, half a token.
  TokenStream(const std::filesystem::path& source, const std::string& split,
              std::int64_t vocabulary, std::string remedy);

  std::int64_t size() const { return size_; }  ///< tokens

  /// Tokens [begin, begin + count). Throws std::out_of_range; DataError naming file and place for a
  /// token that is not in the vocabulary.
  std::vector<std::uint16_t> read(std::int64_t begin, std::int64_t count) const;

 private:
  struct Part {
    std::filesystem::path file;
    std::int64_t header_bytes = 0;
    std::int64_t begin = 0, end = 0;  ///< tokens of the stream
  };
  Part open(const std::filesystem::path& file) const;
  void read(const Part& part, std::int64_t begin, std::int64_t count, std::uint16_t* out) const;

  const std::int64_t vocabulary_;
  const std::string remedy_;
  std::int64_t size_ = 0;
  std::vector<Part> parts_;
};

}  // namespace timetrial::lm
