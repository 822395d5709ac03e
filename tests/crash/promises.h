#pragma once
// What a sweep promises whatever happens to it, checked against the store before and after.

#include "tests/crash/program.h"

#include <map>
#include <set>
#include <stdexcept>
#include <string>

namespace timetrial::crash {

/// A promise that was not kept; the text says which.
class Violation : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Every row of every table, as text that tells any two values apart, by table.
using Rows = std::map<std::string, std::set<std::string>>;
/// Throws StoreError or InputError for a store that cannot be read.
Rows rows_of(const std::filesystem::path& store);

/// The parameters' hash at the last step, by trial.
using Bits = std::map<std::string, std::string>;
Bits final_bits(const std::filesystem::path& store);

class Promises {
 public:
  Promises(Place place, Bits undisturbed)
      : place_(std::move(place)), undisturbed_(std::move(undisturbed)) {}

  /// Looks at the clocks of running trials: what they show now, no later attempt may forget.
  void note_clocks();
  /// Clocks were damaged: each may have lost a tick, and what it shows now is what counts. Throws
  /// Violation when one lost far more than a tick lasts on the busiest machine.
  void note_damaged_clocks();

  /// Throws Violation unless: each row seen before is still there, unchanged; each trial has one
  /// run and at most one outcome, a good one; time used never decreases, from row to row, attempt
  /// to attempt, and from a clock seen before a kill; equal steps of a trial have equal bits.
  void hold();
  /// The same after the end of a sweep: every trial present once, with the undisturbed bits, and
  /// `timetrial store check` finds nothing.
  void hold_at_the_end();
  /// `timetrial store check` finds nothing.
  void sound();

  bool finished() const;

 private:
  /// Attempts of `trial` from number `attempt` on began after its clock had shown `used_s`.
  struct Seen {
    std::string trial;
    std::int64_t attempt = 0;
    double used_s = 0;
  };

  Place place_;
  Bits undisturbed_;
  Rows before_;
  std::vector<Seen> seen_;
};

}  // namespace timetrial::crash
