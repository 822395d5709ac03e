#pragma once
// What a reader of logs passed over or found odd: counted, the first few places kept. Nothing is
// skipped without a word here.

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace timetrial::algoperf {

enum class Finding {
  no_measurement_file,
  empty_file,  ///< or a header alone
  no_header,
  ragged_row,
  truncated_row,      ///< the last one, without a line end and with too few cells
  row_without_place,  ///< no submission time, or no step
  repeated_header,
  duplicate_row,
  not_a_number,
  step_falls,
  time_falls,
  bad_json,
  no_trials,  ///< a folder where a workload or a submission was expected
  stray_file,
  link,
  other_budget,  ///< than the rule set's
};
inline constexpr std::size_t kFindings = 16;

class Findings {
 public:
  /// One more of a kind, at `place` ("submission/study/…/file:line").
  void add(Finding finding, const std::string& place, std::int64_t count = 1);
  /// A trial of a workload that the rule set does not name.
  void add_unscored(const std::string& submission, const std::string& workload,
                    std::int64_t trials);

  std::int64_t count(Finding finding) const;
  std::int64_t unscored_trials() const;
  /// One line per kind found, with its count and the first places; in a fixed order.
  std::vector<std::string> remarks() const;

 private:
  struct Entry {
    std::int64_t count = 0;
    std::vector<std::string> places;  ///< the first few
  };
  std::array<Entry, kFindings> entries_;
  std::map<std::string, std::int64_t> unscored_;  ///< trials by "submission/workload"
};

}  // namespace timetrial::algoperf
