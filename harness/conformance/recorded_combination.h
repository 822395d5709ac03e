#pragma once
// A record of one combination of task gradients, read strictly.

#include <nlohmann/json.hpp>

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

namespace timetrial::conformance {

struct RecordedCombination {
  std::filesystem::path file;
  std::string method;
  nlohmann::json options;                      ///< an object
  std::vector<std::vector<double>> gradients;  ///< K >= 1 rows of D >= 1 numbers
  std::vector<double> losses;                  ///< K
  std::vector<double> combined;                ///< D
  std::vector<std::size_t> groups;             ///< sizes of sum D of neighbours; empty: not told
};

/// Throws InputError naming file and place.
RecordedCombination read_combination(const std::filesystem::path& file);

/// The options of a record, each checked as it is read.
///
///   OptionReader read(record);
///   const double c = read.number("calpha", 0.5, "a number of at least 0", …);
///   read.finish();
class OptionReader {
 public:
  explicit OptionReader(const RecordedCombination& record) : record_(record) {}

  /// A finite number in [least, most]; `otherwise` where the record has none. Each throws
  /// InputError naming file, option and expectation.
  double number(const std::string& name, double otherwise, double least, double most);
  int whole(const std::string& name, int otherwise, int least, int most);
  /// The place in `words` of the one that the record has.
  std::size_t word(const std::string& name, const std::vector<std::string>& words);
  /// Throws InputError for an option that was not asked for, naming those that were.
  void finish() const;

 private:
  const nlohmann::json* find(const std::string& name);

  const RecordedCombination& record_;
  std::vector<std::string> known_;
};

}  // namespace timetrial::conformance
