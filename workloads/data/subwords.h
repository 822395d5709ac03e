#pragma once
// Text as subword ids and back, by a SentencePiece model.
//
//   const std::string model = Subwords::train(next_line, {.pieces = 1024});
//   const Subwords subwords(model);
//   subwords.decode(subwords.encode("Open the file."));   // "Open the file."
//
// Ids     0 unknown, 1 beginning (never made), 2 end of the text, then the pieces; of a model that
//         somebody else made, whatever it says
// Source  Kudo 2018 (arXiv 1804.10959), Kudo and Richardson 2018 (arXiv 1808.06226)

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace timetrial::data {

/// A unigram model that covers every character of its text. Other options are SentencePiece's
/// defaults.
struct SubwordTraining {
  std::int64_t pieces = 1024;  ///< with the three of no text
  /// The sums of training are made in this many parts, so the model depends on it, and on nothing
  /// else of the machine.
  int threads = 1;
};

class Subwords {
 public:
  /// The next line of the text, without its end; nothing after the last.
  using Lines = std::function<std::optional<std::string>()>;

  /// The bytes of a model: equal text, equal bytes. Throws DataError for text that does not give so
  /// many pieces.
  static std::string train(const Lines& lines, const SubwordTraining& options);

  /// Throws DataError with `name` for bytes that are no model.
  explicit Subwords(std::string_view model, const std::string& name = "subword model");
  /// A model's file. Throws DataError naming the file and `remedy`.
  static Subwords read(const std::filesystem::path& file, const std::string& remedy);
  /// Writes the bytes of a model; makes the folder. Throws std::system_error if the disk refuses.
  static void write(const std::filesystem::path& file, std::string_view model);
  ~Subwords();
  Subwords(Subwords&&) noexcept;
  Subwords& operator=(Subwords&&) noexcept;

  /// Without the end. Thread-safe, as is decode().
  std::vector<int> encode(std::string_view text) const;
  /// Beginning and end give no text. Throws std::out_of_range for an id that is not in [0, size()).
  std::string decode(const std::vector<int>& ids) const;
  std::int64_t size() const;
  int end() const;  ///< id of the end of a text; -1: the model has none

 private:
  struct Model;
  std::unique_ptr<const Model> model_;
};

}  // namespace timetrial::data
