#pragma once
// TOML read strictly: a wrong type, a missing key and a key that nobody asked for are errors that
// say file:line:column. Used for rule sets and hardware profiles.
//
//   const auto document = tomlfile::Document::read("mini-1.toml");
//   auto table = document.root();
//   rules.studies = table.integer("studies", 1, 1000);     // required, range checked
//   if (table.contains("note")) rules.note = table.text("note");
//   table.refuse_others();                                  // every key not asked for is an error
//
// A table is a view: it must not outlive its document.

#include <cstdint>
#include <filesystem>
#include <limits>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace timetrial::tomlfile {

class Document;

class Table {
 public:
  bool contains(const std::string& key) const;

  /// The value of a key. Each throws InputError when it is absent, of another type, or outside
  /// [min, max].
  std::string text(const std::string& key);
  bool boolean(const std::string& key);
  double number(const std::string& key,  ///< an integer is taken as well; never NaN or infinite
                double min = -std::numeric_limits<double>::max(),
                double max = std::numeric_limits<double>::max());
  std::int64_t integer(const std::string& key,
                       std::int64_t min = std::numeric_limits<std::int64_t>::min(),
                       std::int64_t max = std::numeric_limits<std::int64_t>::max());
  Table table(const std::string& key);
  std::vector<Table> tables(const std::string& key);  ///< [[key]], in order
  std::vector<std::string> texts(const std::string& key);
  std::vector<std::int64_t> integers(const std::string& key, std::int64_t min);
  std::vector<double> number_list(const std::string& key, double min);
  /// Every key of this table with its value; throws InputError unless all are numbers.
  std::map<std::string, double> numbers();
  /// The same where all are lists of numbers, and where all are texts.
  std::map<std::string, std::vector<double>> number_lists();
  std::map<std::string, std::string> word_map();

  /// Throws InputError at the first key that no call above has asked for, with the nearest known.
  void refuse_others() const;

  /// Throws InputError with `problem` at the place of `key` (of the table, if the key is absent).
  [[noreturn]] void fail(const std::string& key, const std::string& problem) const;

 private:
  friend class Document;
  Table(const void* table, const Document* document) : table_(table), document_(document) {}
  const void* find(const std::string& key);     ///< marks `key` as known; nullptr when absent
  const void* require(const std::string& key);  ///< throws when absent

  const void* table_;  ///< the library's table: its header is heavy and stays in the source file
  const Document* document_;
  std::set<std::string> known_;
};

class Document {
 public:
  /// Throws InputError with `file_name`:line:column for text that is not TOML.
  static Document parse(const std::string& text, const std::string& file_name);
  /// Throws InputError also for a file that cannot be read.
  static Document read(const std::filesystem::path& file);
  ~Document();
  Document(Document&&) noexcept;

  Table root() const;
  const std::string& file_name() const { return file_name_; }
  const std::string& text() const { return text_; }

 private:
  struct Content;
  Document(std::string text, std::string file_name, std::unique_ptr<Content> content);
  std::string text_;
  std::string file_name_;
  std::unique_ptr<Content> content_;
};

}  // namespace timetrial::tomlfile
