#pragma once
// Writing a large prepared data set so that an interruption costs one file, and so that the user
// sees how far it is.
//
//   data::Preparation preparation(out, "images", count);
//   for (shard…) {
//     preparation.file("training/images-00000.bin", images_in_shard, [&](const auto& partial) {
//       … write partial, preparation.advance() after each image …
//     });
//   }
//
// A file has its name only when it is whole: it is written as NAME.partial, then renamed. What is
// there under its name is not made again, so a reader must choose the same files for the same
// source.

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

namespace timetrial::data {

class Preparation {
 public:
  /// `total` units ("images") are to be prepared. Reports to standard error: on a terminal one line
  /// that is rewritten, otherwise a line every ten seconds. Throws std::invalid_argument unless
  /// total >= 1.
  Preparation(std::filesystem::path out, std::string units, std::int64_t total);
  /// Ends the line on the terminal.
  ~Preparation();
  Preparation(const Preparation&) = delete;
  Preparation& operator=(const Preparation&) = delete;

  /// Makes <out>/<name> by `write`, unless it is there; `units` of the total are in it, and count
  /// as done after the call, whatever advance() said. What `write` throws goes through; the
  /// partial file is then removed. Throws std::filesystem::filesystem_error if the disk refuses.
  void file(const std::filesystem::path& name, std::int64_t units,
            const std::function<void(const std::filesystem::path& partial)>& write);

  /// More units of the file under way are done.
  void advance(std::int64_t units = 1);

  std::int64_t done() const { return done_; }

 private:
  void report(bool now);

  const std::filesystem::path out_;
  const std::string units_;
  const std::int64_t total_;
  const bool terminal_;
  const std::chrono::steady_clock::time_point started_;
  std::chrono::steady_clock::time_point reported_;
  std::int64_t done_ = 0;
  std::int64_t found_ = 0;  ///< of done_, those that were there: no measure of speed
};

}  // namespace timetrial::data
