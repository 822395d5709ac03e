#pragma once
// From times to ratios: what stands between reaching a target and having it count.
//
//   base gate      a variant's time is infinite where its base's is infinite or absent
//   cap            a time above cap × the column's best is infinite (exactly cap × the best is
//   kept) held-out gate  a base's time is infinite where one of its variants' is infinite or absent
//   ratio          to the column's best after all this, so the fastest may itself have been gated
//   out
//
// Source   AlgoPerf's rules and scorer (scoring/performance_profile.py); docs/scoring.md
// Times    [submission × column], row-major, seconds; infinite: never; NaN: no data, which fails
//          every comparison, never lowers a best, and closes both gates

#include <cstdint>
#include <vector>

namespace timetrial::scoring {

/// Why a time does not count.
enum class Exclusion : std::uint8_t {
  none,
  no_data,          ///< no trial of this workload
  target_missed,    ///< infinite as it came
  base_missed,      ///< base gate
  beyond_cap,       ///< cap
  variant_no_data,  ///< held-out gate, and why the variant is infinite
  variant_missed,
  variant_beyond_cap,
};
const char* to_string(Exclusion exclusion);  ///< "slower than the cap", …

/// Who competes in which columns.
struct Field {
  static constexpr int kScored = -1;
  std::vector<int> base_of;        ///< per column: the column of its base, or kScored
  std::vector<char> competes;      ///< per submission: takes part at all
  std::vector<char> is_reference;  ///< per submission: its times set the best of a column
  bool fixed_reference = false;    ///< even those of a submission that does not compete
  double cap = 4;

  std::size_t columns() const { return base_of.size(); }
  std::size_t submissions() const { return competes.size(); }
};

/// Replaces times by infinity where a rule says so; `why`, when given, is resized and says which.
void apply_gates(const Field& field, std::vector<double>& times, std::vector<Exclusion>* why);

/// Per submission: whether it alone sets the best of some column, for the cap or for the ratios.
/// The others' ratios are the same without any other. `times` as apply_gates gets them.
std::vector<char> sets_a_best_alone(const Field& field, std::vector<double> times);

/// Per submission and scored column (in column order): the ratio to the best of the reference set,
/// infinite where the time is, or where nobody of that set has one. Below 1 for a submission that
/// is faster than the whole reference set.
std::vector<double> ratios_to_best(const Field& field, const std::vector<double>& gated_times);
/// The same into memory that is used again.
void ratios_to_best(const Field& field, const std::vector<double>& gated_times,
                    std::vector<double>& ratios);

}  // namespace timetrial::scoring
