#pragma once
// The lines of a gzip file, one after the other, for files too large to unpack into memory.

#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

namespace timetrial::data {

class GzipLines {
 public:
  /// Throws DataError naming the file, and ending with `remedy`, when it cannot be opened.
  GzipLines(std::filesystem::path file, std::string remedy);
  ~GzipLines();

  /// The next line without its end, valid until the next call; false at the end of the file. Throws
  /// DataError when the file is no gzip file, is damaged, or ends early.
  bool next(std::string_view& line);
  /// The same, where there must be one.
  std::string_view next();
  /// Lines handed out so far.
  std::size_t number() const { return number_; }
  /// Throws DataError: "<file>:<number>: <what><remedy>".
  [[noreturn]] void refuse(const std::string& what) const;

 private:
  struct Handle;
  bool fill();

  const std::filesystem::path file_;
  const std::string remedy_;
  std::unique_ptr<Handle> handle_;
  std::string buffer_;
  std::size_t position_ = 0, number_ = 0;
};

}  // namespace timetrial::data
